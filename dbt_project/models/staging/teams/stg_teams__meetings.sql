with latest as (
    {{ latest_version(source('teams', 'meetings'), ['meeting_key']) }}
)

select
    meeting_key,
    -- A report has no id of the meeting: its title and the day are what a body can name.
    'teams:' || trim(title) || ':' || cast({{ local_date('started_at', "'Europe/London'") }} as varchar) as event_key,
    title,
    {{ local_date('started_at', "'Europe/London'") }} as starts_on,
    {{ local_date('coalesce(ended_at, started_at)', "'Europe/London'") }} as ends_on,
    file_name,
    _source_record as source_record
from latest
where _deleted_at is null
