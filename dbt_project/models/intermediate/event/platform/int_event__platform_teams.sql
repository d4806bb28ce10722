select
    meetings.event_key,
    'teams' as platform,
    min(trim(meetings.title)) as platform_event_id,
    min(meetings.title) as title,
    min(meetings.starts_on) as starts_on,
    max(meetings.ends_on) as ends_on,
    true as is_online,
    cast(null as varchar) as venue_postcode,
    cast(null as varchar) as partner_code,
    false as is_cancelled,
    'platform_join_log' as evidence,
    min(meetings.source_record) as source_record
from {{ ref('stg_teams__meetings') }} as meetings
group by meetings.event_key
