with latest as (
    {{ latest_version(source('eventbrite', 'events'), ['id']) }}
)

select
    id as event_id,
    organization_id,
    name as event_name,
    status as event_status,
    {{ local_date('start_utc', "coalesce(timezone, 'Europe/London')") }} as starts_on,
    {{ local_date('coalesce(end_utc, start_utc)', "coalesce(timezone, 'Europe/London')") }} as ends_on,
    online_event = 'true' as is_online,
    {{ normalise_postcode('venue_postcode') }} as venue_postcode,
    status in ('canceled', 'cancelled') as is_cancelled,
    series_id,
    _source_record as source_record
from latest
-- The parent of a series is held by nobody: its children are events with ids of their own.
where _deleted_at is null and coalesce(is_series_parent, 'false') <> 'true'
