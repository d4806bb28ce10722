select
    attendee_id,
    'eventbrite:' || event_id as event_key,
    person_key,
    is_identified,
    'eventbrite' as source_system,
    attendee_id as organisation_record_id,
    true as is_registered,
    is_checked_in,
    cast(null as decimal(12, 4)) as attended_minutes,
    'check_in_export' as evidence,
    source_record,
    source_place
from {{ ref('stg_eventbrite__attendees') }}
where not is_cancelled and is_counted_role
