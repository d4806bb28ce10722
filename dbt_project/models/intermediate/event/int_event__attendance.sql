-- One row a ticket of a person who counts. Several tickets of one person are kept: they are claims of one attendance.
select
    attendees.attendee_id,
    'eventbrite:' || attendees.event_id as event_key,
    attendees.person_key,
    attendees.is_identified,
    resolved.organisation_key,
    attendees.is_checked_in as is_attended,
    attendees.source_record
from {{ ref('stg_eventbrite__attendees') }} as attendees
inner join {{ ref('int_event__all') }} as events
    on events.event_key = 'eventbrite:' || attendees.event_id
left join {{ ref('int_organisation__resolved') }} as resolved
    on
        resolved.source_system = 'eventbrite'
        and attendees.attendee_id = resolved.source_record_id
where not attendees.is_cancelled and attendees.is_counted_role
