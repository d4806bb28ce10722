-- The supplementary indicators of domain.md 2.3 that returns carry, made of records that count elsewhere or could. Each
-- unit counts once, on the day it first qualifies. They stand beside the headline indicators, never added to them.
with businesses as (
    select
        placed.organisation_key,
        placed.company_number
    from {{ ref('int_organisation__placed') }} as placed
    inner join {{ ref('int_support__place') }} as sites
        on placed.organisation_key = sites.organisation_key
    where placed.organisation_type = 'business' and coalesce(sites.is_in_area, true)
),

activities as (
    select activity.*
    from {{ ref('int_support__activity') }} as activity
    inner join businesses
        on activity.organisation_key = businesses.organisation_key
    where not activity.is_void
),

first_support as (
    select
        organisation_key,
        min(happened_on) as first_supported_on
    from activities
    group by organisation_key
),

supported as (
    select
        'S0' as indicator_code,
        organisation_key,
        min(happened_on) as achieved_on
    from activities
    where is_programme_period and is_assisted_by_now
    group by organisation_key
    union all
    select
        'S2' as indicator_code,
        organisation_key,
        min(happened_on) as achieved_on
    from activities
    where is_programme_period and grants_so_far >= {{ parameter('assisted_grant_gbp') }}
    group by organisation_key
    union all
    select
        'S3' as indicator_code,
        organisation_key,
        min(happened_on) as achieved_on
    from activities
    where is_programme_period and minutes_so_far >= 60 * {{ parameter('assisted_hours') }}
    group by organisation_key
),

new_enterprises as (
    select
        'S4' as indicator_code,
        supported.organisation_key,
        supported.achieved_on
    from supported
    inner join businesses
        on supported.organisation_key = businesses.organisation_key
    inner join first_support
        on supported.organisation_key = first_support.organisation_key
    inner join {{ ref('int_company__incorporated') }} as companies
        on businesses.company_number = companies.company_number
    where
        supported.indicator_code = 'S0'
        and companies.incorporated_on > cast(
            {{ dbt.dateadd(
                'month',
                '-cast(' ~ parameter('new_enterprise_months') ~ ' as integer)',
                'first_support.first_supported_on',
            ) }} as date -- noqa: LT05
        )
),

-- An evidenced collaboration is one whether or not it is new, and whichever body returns it.
collaborations as (
    select
        new_collaborations.collaboration_key,
        new_collaborations.unit_key,
        facts.achieved_on,
        new_collaborations.collaboration_kind
    from {{ ref('indicator_fact') }} as facts
    inner join {{ ref('int_fact__new_collaborations') }} as new_collaborations
        on facts.fact_key = new_collaborations.fact_key
    where
        facts.indicator_key = 'new_collaborations'
        and facts.status = 'verified'
        and coalesce(facts.not_counted_reason, 'duplicate') in ('duplicate', 'no_new_tie')
),

with_research as (
    select
        'S9' as indicator_code,
        members.organisation_key,
        min(collaborations.achieved_on) as achieved_on
    from collaborations
    inner join {{ ref('int_collaboration__member') }} as members
        on collaborations.collaboration_key = members.collaboration_key and members.is_business
    inner join {{ ref('int_collaboration__member') }} as research
        on
            collaborations.collaboration_key = research.collaboration_key
            and research.organisation_type = 'university'
    group by members.organisation_key
),

posts as (
    select
        assessed.unit_key,
        assessed.achieved_on,
        assessed.organisation_key,
        assessed.eligible_quantity,
        row_number() over (partition by assessed.unit_key order by assessed.achieved_on, assessed.fact_key) as telling
    from {{ ref('int_fact__assessed') }} as assessed
    where
        assessed.indicator_key = 'jobs_created'
        and assessed.status = 'verified'
        and assessed.is_programme_period
        and coalesce(assessed.not_counted_reason, 'no_follow_up') = 'no_follow_up'
),

units as (
    select indicator_code, organisation_key as unit_key, organisation_key, achieved_on, 1 as quantity, 1 as per_unit
    from supported
    union all
    select indicator_code, organisation_key as unit_key, organisation_key, achieved_on, 1 as quantity, 1 as per_unit
    from new_enterprises
    union all
    select indicator_code, organisation_key as unit_key, organisation_key, achieved_on, 1 as quantity, 1 as per_unit
    from with_research
    union all
    select
        'S15' as indicator_code,
        unit_key,
        cast(null as varchar) as organisation_key,
        min(achieved_on) as achieved_on,
        1 as quantity,
        1 as per_unit
    from collaborations
    where collaboration_kind = 'joint_bid'
    group by unit_key
    union all
    select
        'S7' as indicator_code,
        unit_key,
        organisation_key,
        achieved_on,
        eligible_quantity as quantity,
        {{ parameter('ft_hours') }} as per_unit
    from posts
    where telling = 1
    union all
    select
        'S5' as indicator_code,
        leverage_key as unit_key,
        organisation_key,
        stage_reached_on as achieved_on,
        amount_gbp as quantity,
        1 as per_unit
    from {{ ref('fct_leverage') }}
    where
        is_counted
        and status = 'verified'
        and stage = 'realised'
        and source_type = 'private'
        and intervention_ref is not null
    union all
    select
        case indicator_key when 'jobs_created' then 'S6' else 'S1' end as indicator_code,
        fact_key as unit_key,
        organisation_key,
        achieved_on,
        exact_quantity as quantity,
        exact_per_unit as per_unit
    from {{ ref('indicator_fact') }}
    where is_counted and status = 'verified' and indicator_key in ('jobs_created', 'businesses_light_touch')
)

select
    units.indicator_code,
    units.unit_key,
    units.organisation_key,
    units.achieved_on,
    periods.period_key,
    cast(units.quantity as decimal(18, 4)) as exact_quantity,
    cast(units.per_unit as decimal(18, 4)) as exact_per_unit
from units
inner join {{ ref('dim_period') }} as periods
    on units.achieved_on between periods.starts_on and periods.ends_on and periods.is_programme_period
order by units.indicator_code, units.unit_key
