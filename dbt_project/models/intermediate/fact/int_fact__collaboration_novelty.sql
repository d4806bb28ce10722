-- A collaboration is new when at least one pair of its members had no qualifying tie in the months before. Ties of an
-- earlier programme, which no return knows, stand in the seed baseline_tie.
with ranked as (
    select
        assessed.fact_key,
        assessed.achieved_on,
        collaborations.collaboration_key,
        row_number() over (
            partition by assessed.unit_key
            order by case when assessed.is_programme_period then 0 else 1 end, assessed.achieved_on, assessed.fact_key
        ) as telling
    from {{ ref('int_fact__assessed') }} as assessed
    inner join {{ ref('int_fact__new_collaborations') }} as collaborations
        on assessed.fact_key = collaborations.fact_key
    where assessed.not_counted_reason is null
),

-- A collaboration that one body dates before the programme and another within it is no earlier tie of itself.
qualifying as (
    select
        fact_key,
        achieved_on,
        collaboration_key
    from ranked
    where telling = 1
),

pairs as (
    select
        qualifying.fact_key,
        qualifying.achieved_on,
        one.organisation_key as one_key,
        other.organisation_key as other_key
    from qualifying
    inner join {{ ref('int_collaboration__member') }} as one
        on qualifying.collaboration_key = one.collaboration_key
    inner join {{ ref('int_collaboration__member') }} as other
        on
            qualifying.collaboration_key = other.collaboration_key
            and one.organisation_key < other.organisation_key
),

numbered as (
    select
        organisation_key,
        company_number as number
    from {{ ref('int_organisation__placed') }}
    where company_number is not null
    union
    select
        organisation_key,
        charity_number as number
    from {{ ref('int_organisation__placed') }}
    where charity_number is not null
),

baseline as (
    select
        cast(null as varchar) as fact_key,
        ties.tied_on as achieved_on,
        least(one.organisation_key, other.organisation_key) as one_key,
        greatest(one.organisation_key, other.organisation_key) as other_key
    from {{ ref('baseline_tie') }} as ties
    inner join numbered as one
        on {{ normalise_company_number('ties.one_number') }} = one.number or ties.one_number = one.number
    inner join numbered as other
        on {{ normalise_company_number('ties.other_number') }} = other.number or ties.other_number = other.number
),

ties as (
    select * from pairs
    union all
    select * from baseline
),

earlier as (
    select
        ties.*,
        lag(achieved_on) over (partition by one_key, other_key order by achieved_on, fact_key nulls first) as earlier_on
    from ties
)

select
    fact_key,
    max(
        case
            when
                earlier_on is null
                or earlier_on < cast(
                    {{ dbt.dateadd(
                        'month',
                        '-cast(' ~ parameter('collaboration_lookback_months') ~ ' as integer)',
                        'achieved_on',
                    ) }} as date -- noqa: LT05
                )
                then 1
            else 0
        end
    ) = 1 as is_new
from earlier
where fact_key is not null
group by fact_key
