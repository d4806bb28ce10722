with tickets as (
    select
        'event_attendees:' || attendance.attendee_id as fact_key,
        attendance.event_key || '|' || attendance.person_key as unit_key,
        attendance.event_key,
        attendance.organisation_key,
        cast(1 as decimal(18, 4)) as heads,
        attendance.evidence,
        attendance.source_system,
        attendance.source_record as source_record_id,
        attendance.source_place,
        false as is_above_unidentified_limit
    from {{ ref('int_event__attendance') }} as attendance
    where attendance.is_attended
),

signed as (
    select
        'event_attendees:' || events.event_key || ':signed' as fact_key,
        events.event_key || '|signed' as unit_key,
        events.event_key,
        cast(null as varchar) as organisation_key,
        cast(counted.signed_in as decimal(18, 4)) as heads,
        -- Names beyond those of a platform have the sheet as their evidence, whatever the body sent of the platform.
        case
            when events.source_system <> 'returns' and events.evidence <> 'headcount_only' then 'signed_sheet'
            else events.evidence
        end as evidence,
        'returns' as source_system,
        events.source_record as source_record_id,
        events.source_place,
        false as is_above_unidentified_limit
    from {{ ref('int_event__all') }} as events
    inner join {{ ref('int_event__counted') }} as counted
        on events.event_key = counted.event_key
    where counted.signed_in > 0
),

unidentified as (
    select
        'event_attendees:' || events.event_key || ':heads' as fact_key,
        events.event_key || '|heads' as unit_key,
        events.event_key,
        cast(null as varchar) as organisation_key,
        cast(counted.unidentified_headcount as decimal(18, 4)) as heads,
        events.evidence,
        'returns' as source_system,
        events.source_record as source_record_id,
        events.source_place,
        counted.is_above_unidentified_limit
    from {{ ref('int_event__all') }} as events
    inner join {{ ref('int_event__counted') }} as counted
        on events.event_key = counted.event_key
    where counted.unidentified_headcount > 0
),

heads as (
    select * from tickets
    union all
    select * from signed
    union all
    select * from unidentified
)

select
    'event_attendees' as indicator_key,
    heads.fact_key,
    heads.unit_key,
    events.starts_on as achieved_on,
    events.partner_key,
    heads.organisation_key,
    coalesce(partners.cluster_key, 'unknown') as cluster_key,
    coalesce(venues.local_authority_code, 'unknown') as local_authority_code,
    heads.heads as eligible_quantity,
    -- Nobody claims against the programme what was returned as somebody else's, or not returned at all.
    case when events.attribution = 'wmip_funded' then heads.heads else cast(0 as decimal(18, 4)) end
        as claimed_quantity,
    events.is_cancelled as is_withdrawn,
    heads.evidence,
    case
        when events.attribution = 'not_returned' then 'attribution_not_returned'
        when events.attribution <> 'wmip_funded' then 'not_programme_funded'
        when events.possible_duplicate_of is not null then 'possible_duplicate'
        when heads.is_above_unidentified_limit then 'unidentified_above_limit'
    end as ineligible_reason,
    events.event_ref as source_ref,
    heads.source_system,
    heads.source_record_id,
    heads.source_place,
    heads.event_key
from heads
inner join {{ ref('int_event__all') }} as events
    on heads.event_key = events.event_key
left join {{ ref('stg_registers__partners') }} as partners
    on events.partner_key = partners.partner_code
left join {{ ref('stg_reference__postcodes') }} as venues
    on events.venue_postcode = venues.postcode
