{{ config(materialized='view') }}

-- An event that the API tells the joins of is not read from reports as well: a guest's token differs between them.
with joins as (
    select
        participants.*,
        meetings.event_key,
        min(case when participants.is_from_report then 1 else 0 end)
            over (partition by meetings.event_key) as only_reports
    from {{ ref('stg_zoom__participants') }} as participants
    inner join {{ ref('stg_zoom__meetings') }} as meetings
        on participants.occurrence_id = meetings.occurrence_id
)

select
    segment_id,
    'zoom' as source_system,
    event_key,
    person_key,
    is_identified,
    role,
    joined_at,
    left_at,
    source_record,
    source_place
from joins
where not is_from_report or only_reports = 1
