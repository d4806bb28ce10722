with latest as (
    {{ latest_version(source('salesforce', 'activities'), ['id']) }}
),

-- A session without an account is its contact's account's.
located as (
    select
        latest.*,
        coalesce(latest.account_id, contacts.account_id) as located_account_id
    from latest
    left join {{ ref('stg_salesforce__contacts') }} as contacts
        on latest.contact_id = contacts.contact_id
    where latest._deleted_at is null
)

select
    located.id as activity_id,
    coalesce(merged.winner_id, located.located_account_id) as account_id,
    located.partner_code,
    {{ programme_date('located.started_at') }} as supported_on,
    {{ session_minutes('located.hours', 'located.minutes', 'located.started_at', 'located.ended_at') }}
        as support_minutes,
    coalesce({{ crm_value('outcome', 'located.outcome') }} = 'completed', false) as is_completed,
    coalesce({{ crm_value('channel', 'located.channel') }}, 'other') as channel,
    coalesce({{ crm_value('evidence', 'located.evidence') }}, 'none') as evidence,
    located._source_record as source_record
from located
left join {{ ref('stg_salesforce__account_merges') }} as merged
    on located.located_account_id = merged.loser_id
