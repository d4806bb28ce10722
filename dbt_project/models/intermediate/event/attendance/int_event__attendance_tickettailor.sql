select
    'tickettailor:' || ticket_id as attendee_id,
    'tickettailor:' || event_id as event_key,
    person_key,
    is_identified,
    'tickettailor' as source_system,
    ticket_id as organisation_record_id,
    true as is_registered,
    is_checked_in,
    cast(null as decimal(12, 4)) as attended_minutes,
    'check_in_export' as evidence,
    source_record,
    'tickettailor/issued_tickets/' || ticket_id as source_place
from {{ ref('stg_tickettailor__tickets') }}
where not is_cancelled and is_counted_role
