with latest as (
    {{ latest_version(source('tickettailor', 'orders'), ['id']) }}
)

select
    id as order_id,
    event_id,
    status as order_status,
    person_key as buyer_person_key,
    upper(currency) as currency,
    {{ major_units('total_minor') }} as total_amount,
    {{ major_units('refunded_minor') }} as refunded_amount,
    created_at,
    _source_record as source_record
from latest
where _deleted_at is null
