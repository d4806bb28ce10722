{{ config(materialized='view') }}

-- A join that came both ways is two rows of one person at one time, which count once (int_event__attended_minutes).
select
    joins.segment_id,
    'teams' as source_system,
    meetings.event_key,
    joins.person_key,
    joins.is_identified,
    joins.role,
    joins.joined_at,
    joins.left_at,
    joins.source_record,
    joins.file_name || '#' || joins.segment_id as source_place
from {{ ref('stg_teams__segments') }} as joins
inner join {{ ref('stg_teams__meetings') }} as meetings
    on joins.meeting_key = meetings.meeting_key
union all
select
    joins.segment_id,
    'teams' as source_system,
    meetings.event_key,
    joins.person_key,
    joins.is_identified,
    joins.role,
    joins.joined_at,
    joins.left_at,
    joins.source_record,
    'teams_graph/segments/' || joins.segment_id as source_place
from {{ ref('stg_teams_graph__segments') }} as joins
inner join {{ ref('stg_teams_graph__meetings') }} as meetings
    on joins.report_id = meetings.report_id
