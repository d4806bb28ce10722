with latest as (
    {{ latest_version(source('teams', 'segments'), ['segment_id']) }}
)

select
    segment_id,
    meeting_key,
    person_key,
    is_identified = 'true' as is_identified,
    {{ normalise_domain('email_domain') }} as email_domain,
    role,
    {{ instant('joined_at') }} as joined_at,
    {{ instant('left_at') }} as left_at,
    file_name,
    _source_record as source_record
from latest
where _deleted_at is null
