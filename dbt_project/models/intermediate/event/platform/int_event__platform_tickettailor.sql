-- Ticket Tailor has one box office, and does not tell whose an event is: the body that returns it.
select
    'tickettailor:' || event_id as event_key,
    'tickettailor' as platform,
    event_id as platform_event_id,
    event_name as title,
    starts_on,
    ends_on,
    is_online,
    venue_postcode,
    cast(null as varchar) as partner_code,
    is_cancelled,
    'check_in_export' as evidence,
    source_record
from {{ ref('stg_tickettailor__events') }}
