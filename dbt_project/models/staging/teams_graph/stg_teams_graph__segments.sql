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
    cast(joined_at as timestamptz) as joined_at,
    cast(left_at as timestamptz) as left_at,
    _source_record as source_record
from latest
where _deleted_at is null
