-- The times a meeting was held on one day are one event: a host who lost the line starts a new one under its number.
select
    meetings.event_key,
    'zoom' as platform,
    min(meetings.meeting_id) as platform_event_id,
    min(meetings.topic) as title,
    min(meetings.starts_on) as starts_on,
    max(meetings.ends_on) as ends_on,
    true as is_online,
    cast(null as varchar) as venue_postcode,
    cast(null as varchar) as partner_code,
    false as is_cancelled,
    'platform_join_log' as evidence,
    min(meetings.source_record) as source_record
from {{ ref('stg_zoom__meetings') }} as meetings
group by meetings.event_key
