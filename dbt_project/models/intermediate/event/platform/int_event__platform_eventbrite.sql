select
    'eventbrite:' || events.event_id as event_key,
    'eventbrite' as platform,
    events.event_id as platform_event_id,
    events.event_name as title,
    events.starts_on,
    events.ends_on,
    events.is_online,
    events.venue_postcode,
    partners.partner_code,
    events.is_cancelled,
    'check_in_export' as evidence,
    events.source_record
from {{ ref('stg_eventbrite__events') }} as events
left join {{ ref('stg_registers__partners') }} as partners
    on events.organization_id = partners.eventbrite_organization_id
