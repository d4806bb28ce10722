-- By how much the count of new collaborations up to a quarter could fall or rise with organisations that wait for
-- people. One falls if its members would be fewer than two, or all tied before; of several that would be one, all but
-- one. One rises that has no business among its members, and would have.
with facts as (
    select
        facts.fact_key,
        facts.period_key,
        facts.unit_key,
        facts.not_counted_reason,
        components.component_key,
        members.organisation_count,
        members.has_business,
        coalesce(novelty.is_new, true) as is_new
    from {{ ref('int_fact__reported') }} as facts
    inner join {{ ref('int_fact__new_collaborations') }} as collaborations
        on facts.fact_key = collaborations.fact_key
    inner join {{ ref('int_collaboration__component_joined') }} as components
        on collaborations.collaboration_key = components.collaboration_key
    inner join (
        select
            collaboration_key,
            count(*) as organisation_count,
            max(case when is_business then 1 else 0 end) = 1 as has_business
        from {{ ref('int_collaboration__member_joined') }}
        group by collaboration_key
    ) as members
        on collaborations.collaboration_key = members.collaboration_key
    left join {{ ref('int_fact__collaboration_novelty_joined') }} as novelty
        on facts.fact_key = novelty.fact_key
    where facts.status = 'verified'
),

judged as (
    select
        facts.*,
        not_counted_reason is null as is_counted,
        organisation_count < {{ parameter('collaboration_minimum_members') }} or not is_new as falls,
        not_counted_reason = 'no_business_member'
        and has_business
        and organisation_count >= {{ parameter('collaboration_minimum_members') }} as rises
    from facts
),

periods as (
    select period_key from {{ ref('int_period__calendar') }}
    where is_programme_period
),

by_then as (
    select
        periods.period_key,
        judged.component_key,
        count(distinct case when judged.is_counted then judged.unit_key end) as counted,
        count(distinct case when judged.is_counted and not judged.falls then judged.unit_key end) as standing,
        count(distinct case when judged.rises then judged.unit_key end) as rising
    from periods
    inner join judged
        on judged.period_key <= periods.period_key
    group by periods.period_key, judged.component_key
)

select
    period_key,
    cast(sum(counted - case when standing > 0 then 1 else 0 end) as bigint) as could_fall,
    cast(sum(case when counted = 0 then rising else 0 end) as bigint) as could_rise
from by_then
group by period_key
