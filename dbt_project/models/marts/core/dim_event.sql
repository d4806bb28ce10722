select
    event_key,
    title,
    starts_on,
    ends_on,
    mode,
    partner_key,
    attribution,
    is_cancelled,
    venue_postcode,
    possible_duplicate_of,
    source_system,
    source_record as source_record_id
from {{ ref('int_event__all') }}
order by event_key
