with latest as (
    {{ latest_version(source('teams', 'meetings'), ['meeting_key']) }}
)

select
    meeting_key,
    {{ teams_event_key('title', 'started_at') }} as event_key,
    title,
    {{ local_date('started_at', "'Europe/London'") }} as starts_on,
    {{ local_date('coalesce(ended_at, started_at)', "'Europe/London'") }} as ends_on,
    file_name,
    _source_record as source_record
from latest
where _deleted_at is null
