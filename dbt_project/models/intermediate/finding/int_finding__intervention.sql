-- Origins of scaled interventions that name no pilot, or several; references of pilots that two bodies use for two.
with shared as (
    select
        one.intervention_key,
        min(other.partner_code) as other_partner_code
    from {{ ref('int_intervention__pilot') }} as one
    inner join {{ ref('int_intervention__pilot') }} as other
        on one.reference_key = other.reference_key and one.partner_code <> other.partner_code
    where one.pilot_key <> other.pilot_key
    group by one.intervention_key
)

select
    'returns' as source,
    'interventions' as stream,
    source_place as place,
    cast(null as varchar) as cell,
    case when pilot_count = 0 then 'origin_pilot_unknown' else 'origin_pilot_ambiguous' end as rule,
    'warning' as severity,
    'the origin pilot ' || origin_key
    || case
        when pilot_count = 0 then ' is in no return'
        else ' is the reference of ' || cast(pilot_count as varchar) || ' pilots'
    end
    || ': scaled interventions of it count once for a body, and once for bodies that return one reference and title'
        as message,
    partner_code
from {{ ref('int_intervention__origin') }}
where pilot_count <> 1
union all
select
    'returns' as source,
    'interventions' as stream,
    pilots.source_place as place,
    cast(null as varchar) as cell,
    'pilot_reference_shared' as rule,
    'note' as severity,
    pilots.reference_key || ' is the reference of another pilot of ' || shared.other_partner_code
    || ' too, of another title: two pilots; if they are one, give both returns one title' as message,
    pilots.partner_code
from {{ ref('int_intervention__pilot') }} as pilots
inner join shared
    on pilots.intervention_key = shared.intervention_key
