with latest as (
    {{ latest_version(source('hubspot', 'deals'), ['id']) }}
)

select
    id as deal_id,
    case when coalesce(currency, 'GBP') = 'GBP' then {{ typed('hubspot.deals', 'amount') }} end as amount_gbp,
    dealstage as deal_stage,
    pipeline,
    {{ programme_date('closedate') }} as closes_on,
    _source_record as source_record
from latest
where _deleted_at is null
