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
    cast(joined_at as timestamptz) as joined_at,
    cast(left_at as timestamptz) as left_at,
    file_name,
    _source_record as source_record
from latest
where _deleted_at is null
