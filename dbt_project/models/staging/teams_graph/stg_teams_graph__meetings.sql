with latest as (
    {{ latest_version(source('teams_graph', 'meetings'), ['id']) }}
)

select
    id as report_id,
    {{ teams_event_key('title', 'started_at') }} as event_key,
    title,
    {{ programme_date('started_at') }} as starts_on,
    {{ programme_date('ended_at') }} as ends_on,
    _source_record as source_record
from latest
where _deleted_at is null
