with latest as (
    {{ latest_version(source('tickettailor', 'events'), ['id']) }}
)

select
    id as event_id,
    event_series_id,
    name as event_name,
    status as event_status,
    {{ local_date('start_at', "coalesce(timezone, 'Europe/London')") }} as starts_on,
    {{ local_date('coalesce(end_at, start_at)', "coalesce(timezone, 'Europe/London')") }} as ends_on,
    coalesce(online_event, 'false') = 'true' as is_online,
    {{ normalise_postcode('venue_postcode') }} as venue_postcode,
    status in ('cancelled', 'canceled') as is_cancelled,
    _source_record as source_record
from latest
where _deleted_at is null
