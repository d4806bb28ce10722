{{ config(materialized='view') }}

select
    joins.segment_id,
    'zoom' as source_system,
    meetings.event_key,
    joins.person_key,
    joins.is_identified,
    joins.joined_at,
    joins.left_at,
    joins.source_record,
    'zoom/participants/' || joins.segment_id as source_place
from {{ ref('stg_zoom__participants') }} as joins
inner join {{ ref('stg_zoom__meetings') }} as meetings
    on joins.occurrence_id = meetings.occurrence_id
