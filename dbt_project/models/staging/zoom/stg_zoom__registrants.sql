-- Read from the API and from downloaded reports alike.
-- noqa: disable=LT02
with landed as (
    {%- for system, place in [
        ('zoom', "'zoom/registrants/' || id"), ('zoom_report', "file_name || '#' || row_number"),
    ] %}
    select
        id,
        meeting_id,
        person_key,
        email_domain,
        organisation_name,
        created_at,
        {{ place }} as source_place,
        _source_record
    from ({{ latest_version(source(system, 'registrants'), ['id']) }}) as latest
    where _deleted_at is null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    id as registrant_id,
    meeting_id,
    person_key,
    {{ normalise_domain('email_domain') }} as email_domain,
    organisation_name,
    {{ instant('created_at') }} as created_at,
    source_place,
    _source_record as source_record
from landed
