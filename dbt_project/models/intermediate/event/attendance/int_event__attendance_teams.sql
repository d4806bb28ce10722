-- An attendance report names who joined; who had registered it does not tell.
select
    event_key || ':' || person_key as attendee_id,
    event_key,
    person_key,
    is_identified,
    'teams' as source_system,
    cast(null as varchar) as organisation_record_id,
    false as is_registered,
    false as is_checked_in,
    attended_minutes,
    'platform_join_log' as evidence,
    source_record,
    source_place
from {{ ref('int_event__attended_minutes') }}
where source_system = 'teams' and is_counted_role
