select
    counted.event_key,
    events.partner_key,
    events.starts_on,
    counted.registered_count,
    counted.attended_identified,
    counted.signed_in,
    counted.unidentified_headcount,
    counted.total_attendances,
    counted.no_show_rate
from {{ ref('int_event__counted') }} as counted
inner join {{ ref('int_event__all') }} as events
    on counted.event_key = events.event_key
order by counted.event_key
