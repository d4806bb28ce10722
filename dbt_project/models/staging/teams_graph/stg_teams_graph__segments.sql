with latest as (
    {{ latest_version(source('teams_graph', 'segments'), ['id']) }}
)

select
    id as segment_id,
    report_id,
    person_key,
    is_identified = 'true' as is_identified,
    {{ normalise_domain('email_domain') }} as email_domain,
    role,
    {{ instant('joined_at') }} as joined_at,
    {{ instant('left_at') }} as left_at,
    _source_record as source_record
from latest
where _deleted_at is null
