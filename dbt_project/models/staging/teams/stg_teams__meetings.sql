with latest as (
    {{ latest_version(source('teams', 'meetings'), ['meeting_key']) }}
)

select
    meeting_key,
    {{ teams_event_key('title', 'started_at') }} as event_key,
    title,
    {{ programme_date('started_at') }} as starts_on,
    {{ programme_date('coalesce(ended_at, started_at)') }} as ends_on,
    file_name,
    _source_record as source_record
from latest
where _deleted_at is null
