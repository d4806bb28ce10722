-- Collaborations returned without their members, and references that two bodies use for what is taken for two.
with last_lists as (
    select
        collaboration_key,
        max(period_key) as last_listed_in
    from {{ ref('stg_returns__collaboration_members') }}
    group by collaboration_key
),

shared as (
    select
        one.collaboration_key,
        min(other.partner_code) as other_partner_code
    from {{ ref('stg_returns__collaborations') }} as one
    inner join {{ ref('int_collaboration__component') }} as one_component
        on one.collaboration_key = one_component.collaboration_key
    inner join {{ ref('stg_returns__collaborations') }} as other
        on one.agreement_ref = other.agreement_ref and one.partner_code <> other.partner_code
    inner join {{ ref('int_collaboration__component') }} as other_component
        on other.collaboration_key = other_component.collaboration_key
    where one_component.component_key <> other_component.component_key
    group by one.collaboration_key
)

select
    'returns' as source,
    'collaborations' as stream,
    collaborations.source_place as place,
    cast(null as varchar) as cell,
    'members_not_returned' as rule,
    'warning' as severity,
    collaborations.collaboration_ref || ' is returned without members: those of ' || last_lists.last_listed_in
    || ' stand' as message,
    collaborations.partner_code
from {{ ref('stg_returns__collaborations') }} as collaborations
inner join last_lists
    on collaborations.collaboration_key = last_lists.collaboration_key
where last_lists.last_listed_in < collaborations.period_key
union all
select
    'returns' as source,
    'collaborations' as stream,
    collaborations.source_place as place,
    cast(null as varchar) as cell,
    'agreement_reference_shared' as rule,
    'note' as severity,
    'the agreement ' || collaborations.agreement_ref || ' is returned by ' || shared.other_partner_code
    || ' too, with another purpose and other members: two agreements, unless a body says otherwise' as message,
    collaborations.partner_code
from {{ ref('stg_returns__collaborations') }} as collaborations
inner join shared
    on collaborations.collaboration_key = shared.collaboration_key
