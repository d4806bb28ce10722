-- An organisation of Eventbrite that two bodies give as theirs is the first code's (int_finding__register says so).
with organisers as (
    select
        eventbrite_organization_id,
        min(partner_code) as partner_code
    from {{ ref('stg_registers__partners') }}
    where eventbrite_organization_id is not null
    group by eventbrite_organization_id
),

known as (
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
    left join organisers as partners
        on events.organization_id = partners.eventbrite_organization_id
),

reported as (
    select
        'eventbrite:' || event_id as event_key,
        min(source_record) as source_record
    from {{ ref('stg_eventbrite__attendees') }}
    where is_from_report
    group by event_id
)

select * from known
union all
-- An attendee report has tickets and no day: of an event that the API does not know, the return tells the rest.
select
    returned.event_key,
    'eventbrite' as platform,
    returned.platform_event_id,
    returned.title,
    returned.held_on as starts_on,
    returned.ends_on,
    returned.mode = 'online' as is_online,
    returned.venue_postcode,
    returned.partner_code,
    false as is_cancelled,
    'check_in_export' as evidence,
    reported.source_record
from reported
inner join {{ ref('int_event__returned') }} as returned
    on reported.event_key = returned.event_key
left join known
    on reported.event_key = known.event_key
where known.event_key is null
