-- Figures that stand beside the headline ones. They claim nothing new: each unit is derived from records that are
-- already there, so what is claimed is what counts.
with funded_events as (
    select
        events.*,
        coalesce(partners.cluster_key, 'unknown') as cluster_key,
        coalesce(venues.local_authority_code, 'unknown') as local_authority_code,
        -- Whoever came before the programme began comes for the first time once it has.
        case when periods.is_programme_period then 0 else 1 end as is_outside
    from {{ ref('int_event__all') }} as events
    left join {{ ref('int_period__calendar') }} as periods
        on events.starts_on between periods.starts_on and periods.ends_on
    left join {{ ref('stg_registers__partners') }} as partners
        on events.partner_key = partners.partner_code
    left join {{ ref('stg_reference__postcodes') }} as venues
        on events.venue_postcode = venues.postcode
    where
        events.attribution = 'wmip_funded'
        and not events.is_cancelled
        and events.possible_duplicate_of is null
),

attendance as (
    select
        tickets.event_key,
        tickets.person_key,
        min(tickets.organisation_key) as organisation_key,
        max(case when tickets.is_attended then 1 else 0 end) = 1 as is_attended,
        max(case when tickets.is_identified then 1 else 0 end) = 1 as is_identified,
        max(case when tickets.is_registered then 1 else 0 end) = 1 as is_registered,
        min(tickets.evidence) as evidence,
        min(tickets.source_place) as source_place,
        min(tickets.source_record) as source_record
    from {{ ref('int_event__attendance') }} as tickets
    inner join funded_events
        on tickets.event_key = funded_events.event_key
    group by tickets.event_key, tickets.person_key
),

first_by_person as (
    select
        attendance.*,
        row_number() over (
            partition by attendance.person_key
            order by funded_events.is_outside, funded_events.starts_on, attendance.event_key
        ) as visit
    from attendance
    inner join funded_events
        on attendance.event_key = funded_events.event_key
    where attendance.is_attended and attendance.is_identified
),

first_by_organisation as (
    select
        attendance.*,
        row_number() over (
            partition by attendance.organisation_key
            order by
                funded_events.is_outside, funded_events.starts_on, attendance.event_key, attendance.person_key
        ) as visit
    from attendance
    inner join funded_events
        on attendance.event_key = funded_events.event_key
    where attendance.is_attended and attendance.organisation_key is not null
),

units as (
    select
        'event_registrations' as indicator_key,
        event_key || '|' || person_key as unit_key,
        event_key,
        organisation_key,
        evidence,
        source_record,
        source_place
    from attendance
    where is_registered
    union all
    select
        'unique_people' as indicator_key,
        person_key as unit_key,
        event_key,
        organisation_key,
        evidence,
        source_record,
        source_place
    from first_by_person
    where visit = 1
    union all
    select
        'unique_organisations' as indicator_key,
        organisation_key as unit_key,
        event_key,
        organisation_key,
        evidence,
        source_record,
        source_place
    from first_by_organisation
    where visit = 1
    union all
    select
        'events_held' as indicator_key,
        event_key as unit_key,
        event_key,
        cast(null as varchar) as organisation_key,
        evidence,
        source_record,
        source_place
    from funded_events
    where starts_on <= cast({{ as_of() }} as date)
),

from_events as (
    select
        units.indicator_key,
        units.indicator_key || ':' || units.unit_key as fact_key,
        units.unit_key,
        funded_events.starts_on as achieved_on,
        funded_events.partner_key,
        units.organisation_key,
        funded_events.cluster_key,
        funded_events.local_authority_code,
        units.evidence,
        funded_events.event_ref as source_ref,
        funded_events.source_system,
        units.source_record as source_record_id,
        units.source_place
    from units
    inner join funded_events
        on units.event_key = funded_events.event_key
),

light_touch_activities as (
    select
        activity.*,
        row_number() over (
            partition by organisation_key order by case when is_programme_period then 0 else 1 end
        ) as crossing
    from {{ ref('int_support__activity') }} as activity
    where is_light_touch_crossing and not is_organisation_assisted
),

light_touch as (
    select
        'businesses_light_touch' as indicator_key,
        'businesses_light_touch:' || activity.organisation_key as fact_key,
        activity.organisation_key as unit_key,
        activity.happened_on as achieved_on,
        activity.partner_key,
        activity.organisation_key,
        placed.cluster_key,
        sites.local_authority_code,
        'signed_support_log' as evidence,
        activity.source_ref,
        activity.source_system,
        activity.source_record as source_record_id,
        activity.source_place
    from light_touch_activities as activity
    inner join {{ ref('int_organisation__placed') }} as placed
        on activity.organisation_key = placed.organisation_key
    inner join {{ ref('int_support__place') }} as sites
        on activity.organisation_key = sites.organisation_key
    where
        activity.crossing = 1
        and placed.organisation_type = 'business'
        and coalesce(sites.is_in_area, true)
),

all_units as (
    select * from from_events
    union all
    select * from light_touch
)

select
    indicator_key,
    fact_key,
    unit_key,
    achieved_on,
    partner_key,
    organisation_key,
    cluster_key,
    local_authority_code,
    cast(1 as decimal(18, 4)) as eligible_quantity,
    cast(1 as decimal(18, 4)) as claimed_quantity,
    false as is_withdrawn,
    evidence,
    cast(null as varchar) as ineligible_reason,
    source_ref,
    source_system,
    source_record_id,
    source_place
from all_units
