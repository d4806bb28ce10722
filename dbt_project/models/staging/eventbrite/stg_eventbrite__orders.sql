with latest as (
    {{ latest_version(source('eventbrite', 'orders'), ['id']) }}
)

select
    id as order_id,
    event_id,
    -- The glossary knows more states than the API's contract: what is not known is `other`, never an error.
    case
        when lower(status) in ('started', 'pending', 'placed', 'abandoned') then lower(status)
        when lower(status) in ('refunded', 'deleted', 'cancelled', 'canceled') then 'cancelled'
        else 'other'
    end as order_status,
    status as reported_status,
    person_key as buyer_person_key,
    currency,
    {{ major_units('gross_minor') }} as gross_amount,
    created as created_at,
    _source_record as source_record
from latest
where _deleted_at is null
