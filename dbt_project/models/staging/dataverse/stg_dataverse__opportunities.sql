with latest as (
    {{ latest_version(source('dataverse', 'opportunities'), ['id']) }}
)

select
    latest.id as opportunity_id,
    coalesce(merged.winner_id, latest.account_id) as account_id,
    {{ typed('dataverse.opportunities', 'amount', 'latest') }} as amount,
    latest.currency,
    latest.stage,
    coalesce({{ crm_label('latest.state') }} = 'won', false) as is_won,
    {{ programme_date('latest.closes_on') }} as closes_on,
    latest._source_record as source_record
from latest
left join {{ ref('stg_dataverse__account_merges') }} as merged
    on latest.account_id = merged.loser_id
where latest._deleted_at is null
