with platform_events as (
    select
        'eventbrite:' || events.event_id as event_key,
        events.event_id as platform_event_id,
        coalesce(returned.title, events.event_name) as title,
        events.starts_on,
        events.ends_on,
        coalesce(returned.mode, case when events.is_online then 'online' else 'in_person' end) as mode,
        coalesce(returned.venue_postcode, events.venue_postcode) as venue_postcode,
        coalesce(returned.partner_code, partners.partner_code) as partner_key,
        coalesce(returned.attribution, 'not_returned') as attribution,
        events.is_cancelled,
        returned.headcount,
        cast(null as integer) as signed_in,
        coalesce(returned.evidence, 'check_in_export') as evidence,
        returned.event_ref,
        returned.file_name,
        returned.source_place,
        coalesce(returned.source_record, events.source_record) as source_record,
        'eventbrite' as source_system
    from {{ ref('stg_eventbrite__events') }} as events
    left join {{ ref('int_event__returned') }} as returned
        on returned.event_key = 'eventbrite:' || events.event_id
    left join {{ ref('stg_registers__partners') }} as partners
        on events.organization_id = partners.eventbrite_organization_id
),

-- Returned events that no platform knows: held without one, or not readable there (yet).
other_events as (
    select
        returned.event_key,
        returned.platform_event_id,
        returned.title,
        returned.held_on as starts_on,
        returned.ends_on,
        returned.mode,
        returned.venue_postcode,
        returned.partner_code as partner_key,
        returned.attribution,
        false as is_cancelled,
        returned.headcount,
        returned.signed_in,
        returned.evidence,
        returned.event_ref,
        returned.file_name,
        returned.source_place,
        returned.source_record,
        'returns' as source_system
    from {{ ref('int_event__returned') }} as returned
    left join {{ ref('stg_eventbrite__events') }} as events
        on returned.event_key = 'eventbrite:' || events.event_id
    where events.event_id is null
)

select * from platform_events
union all
select * from other_events
