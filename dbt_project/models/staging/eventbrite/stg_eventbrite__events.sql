with latest as (
    {{ latest_version(source('eventbrite', 'events'), ['id']) }}
)

select
    id as event_id,
    organization_id,
    name as event_name,
    status as event_status,
    {{ programme_date('start_utc') }} as starts_on,
    {{ programme_date('coalesce(end_utc, start_utc)') }} as ends_on,
    online_event = 'true' as is_online,
    {{ normalise_postcode('venue_postcode') }} as venue_postcode,
    status in ('canceled', 'cancelled') as is_cancelled,
    series_id,
    _source_record as source_record
from latest
-- Nobody holds a draft, or the parent of a series: its children, which name it, are events with ids of their own.
where
    _deleted_at is null
    and coalesce(is_series_parent, 'false') <> 'true'
    and coalesce(status, '') <> 'draft'
    and id not in (
        select children.series_id from latest as children
        where children.series_id is not null
    )
