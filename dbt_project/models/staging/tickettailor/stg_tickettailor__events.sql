with latest as (
    {{ latest_version(source('tickettailor', 'events'), ['id']) }}
)

select
    id as event_id,
    event_series_id,
    name as event_name,
    status as event_status,
    {{ programme_date('start_at') }} as starts_on,
    {{ programme_date('coalesce(end_at, start_at)') }} as ends_on,
    coalesce(online_event, 'false') = 'true' as is_online,
    {{ normalise_postcode('venue_postcode') }} as venue_postcode,
    status in ('cancelled', 'canceled') as is_cancelled,
    _source_record as source_record
from latest
-- A draft is held by nobody.
where _deleted_at is null and coalesce(status, '') <> 'draft'
