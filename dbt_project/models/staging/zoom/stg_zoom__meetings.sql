-- Read from the API and from downloaded reports alike.
-- noqa: disable=LT02
with landed as (
    {%- for system in ['zoom', 'zoom_report'] %}
    select
        id,
        meeting_id,
        kind,
        topic,
        started_at,
        ended_at,
        _source_record
    from ({{ latest_version(source(system, 'meetings'), ['id']) }}) as latest
    where _deleted_at is null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    id as occurrence_id,
    meeting_id,
    -- A meeting keeps its number each time it is held: the date tells its times apart.
    'zoom:' || meeting_id || ':' || cast({{ programme_date('started_at') }} as varchar) as event_key,
    kind,
    topic,
    {{ instant('started_at') }} as started_at,
    {{ programme_date('started_at') }} as starts_on,
    {{ programme_date('ended_at') }} as ends_on,
    _source_record as source_record
from landed
