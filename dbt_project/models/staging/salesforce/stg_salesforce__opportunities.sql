with latest as (
    {{ latest_version(source('salesforce', 'opportunities'), ['id']) }}
)

select
    latest.id as opportunity_id,
    coalesce(merged.winner_id, latest.account_id) as account_id,
    {{ typed('salesforce.opportunities', 'amount', 'latest') }} as amount,
    latest.currency,
    latest.stage,
    coalesce(lower(latest.is_won) = 'true', false) as is_won,
    {{ programme_date('latest.closes_on') }} as closes_on,
    latest._source_record as source_record
from latest
left join {{ ref('stg_salesforce__account_merges') }} as merged
    on latest.account_id = merged.loser_id
where latest._deleted_at is null
