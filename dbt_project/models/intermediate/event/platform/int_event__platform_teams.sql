-- Meetings of a title on a day are one event, whether their reports were downloaded or asked for.
with meetings as (
    select
        event_key,
        title,
        starts_on,
        ends_on,
        source_record
    from {{ ref('stg_teams__meetings') }}
    union all
    select
        event_key,
        title,
        starts_on,
        ends_on,
        source_record
    from {{ ref('stg_teams_graph__meetings') }}
)

select
    event_key,
    'teams' as platform,
    min(trim(title)) as platform_event_id,
    min(title) as title,
    min(starts_on) as starts_on,
    max(ends_on) as ends_on,
    true as is_online,
    cast(null as varchar) as venue_postcode,
    cast(null as varchar) as partner_code,
    false as is_cancelled,
    'platform_join_log' as evidence,
    min(source_record) as source_record
from meetings
group by event_key
