-- One row a ticket, or a person in an online event, that counts. Several tickets of one person are kept: they are
-- records of one attendance. A platform has a model of its own in `attendance/`.
-- noqa: disable=LT02

with attendance as (
    {%- for member in union_members('int_event__attendance_') %}
    select * from {{ ref(member) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    attendance.attendee_id,
    attendance.event_key,
    attendance.person_key,
    attendance.is_identified,
    resolved.organisation_key,
    attendance.is_registered,
    attendance.is_checked_in,
    attendance.attended_minutes,
    attendance.is_checked_in
    or coalesce(attendance.attended_minutes, 0) >= {{ parameter('min_online_minutes') }} as is_attended,
    attendance.evidence,
    attendance.source_system,
    attendance.source_record,
    attendance.source_place
from attendance
inner join {{ ref('int_event__all') }} as events
    on attendance.event_key = events.event_key
left join {{ ref('int_organisation__resolved') }} as resolved
    on
        attendance.source_system = resolved.source_system
        and attendance.organisation_record_id = resolved.source_record_id
