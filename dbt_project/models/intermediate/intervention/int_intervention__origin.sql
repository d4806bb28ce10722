-- The pilot that each scaled intervention names as its origin: looked up among the pilots of its body, then among
-- those of the programme if only one has that reference. Of an origin that is not found (a pilot of an earlier
-- programme, or a slip), scaled interventions are one when their body, or their reference and title, are the same.
with recursive scaled as (
    select
        partner_code || ':' || record_ref as intervention_key,
        partner_code,
        {{ reference_key('origin_pilot_ref') }} as origin_key,
        {{ reference_key('intervention_ref') }} || '|' || {{ title_key('title') }} as reference_and_title,
        source_place
    from {{ ref('stg_returns__interventions') }}
    where intervention_type = 'scaled'
),

candidates as (
    select distinct
        scaled.intervention_key,
        pilots.pilot_key,
        case when scaled.partner_code = pilots.partner_code then 0 else 1 end as distance
    from scaled
    inner join {{ ref('int_intervention__pilot') }} as pilots
        on scaled.origin_key = pilots.reference_key or scaled.origin_key = pilots.record_key
),

nearest as (
    select
        candidates.*,
        min(distance) over (partition by intervention_key) as least_distance
    from candidates
),

found as (
    select
        intervention_key,
        count(distinct pilot_key) as pilot_count,
        min(pilot_key) as pilot_key
    from nearest
    where distance = least_distance
    group by intervention_key
),

looked_up as (
    select
        scaled.*,
        coalesce(found.pilot_count, 0) as pilot_count,
        case when found.pilot_count = 1 then found.pilot_key end as pilot_key,
        case when coalesce(found.pilot_count, 0) <> 1 then scaled.partner_code || '|' || scaled.origin_key end
            as body_and_origin,
        case when coalesce(found.pilot_count, 0) <> 1 then scaled.origin_key || '|' || scaled.reference_and_title end
            as origin_and_title
    from scaled
    left join found
        on scaled.intervention_key = found.intervention_key
),

{{ components('looked_up', 'intervention_key', ['body_and_origin', 'origin_and_title']) }}

select
    looked_up.intervention_key,
    looked_up.partner_code,
    looked_up.origin_key,
    looked_up.pilot_count,
    coalesce('pilot:' || looked_up.pilot_key, 'origin:' || components.component) as origin_unit_key,
    looked_up.source_place
from looked_up
inner join components
    on looked_up.intervention_key = components.node
