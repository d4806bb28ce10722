-- Read from the API and from downloaded reports alike.
-- noqa: disable=LT02
with landed as (
    {%- for system, place in [
        ('zoom', "'zoom/participants/' || id"), ('zoom_report', "file_name || '#' || row_number"),
    ] %}
    select
        id,
        occurrence_id,
        meeting_id,
        person_key,
        is_identified,
        email_domain,
        role,
        joined_at,
        left_at,
        '{{ system }}' = 'zoom_report' as is_from_report,
        {{ place }} as source_place,
        _source_record
    from ({{ latest_version(source(system, 'participants'), ['id']) }}) as latest
    where _deleted_at is null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    id as segment_id,
    occurrence_id,
    meeting_id,
    person_key,
    is_identified = 'true' as is_identified,
    {{ normalise_domain('email_domain') }} as email_domain,
    role,
    {{ instant('joined_at') }} as joined_at,
    {{ instant('left_at') }} as left_at,
    is_from_report,
    source_place,
    _source_record as source_record
from landed
