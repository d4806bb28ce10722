-- Output and forecast of each indicator against what was to be reached, rated by the seed rag_threshold
-- (docs/decisions/0210). What is compared is multiplied, not divided: a share of exactly 0.95 is green.
{% set band = 'case when seeded.is_approximate then 1 - ' ~ parameter('approximate_target_band') ~ ' else 1 end' %}
with targets as (
    select
        indicators.indicator_key,
        coalesce(seeded.target_status, 'not_stated') as target_status,
        case
            when seeded.target_status <> 'not_stated'
                then cast(coalesce(seeded.lower_value, seeded.target_value) * {{ band }} as decimal(18, 4))
        end as target_edge,
        {{ band }} as band
    from {{ ref('dim_indicator') }} as indicators
    left join ({{ in_force(ref('target'), ['indicator_key']) }}) as seeded
        on indicators.indicator_key = seeded.indicator_key
),

quarters as (
    select
        figures.indicator_key,
        figures.period_key,
        periods.status = 'closed' as is_over,
        figures.value,
        figures.cumulative_value
    from {{ ref('indicator_value') }} as figures
    inner join {{ ref('dim_period') }} as periods
        on figures.period_key = periods.period_key
    where figures.scope = 'programme' and figures.basis = 'verified'
),

profiles as (
    select
        profiled.indicator_key,
        profiled.period_key,
        coalesce(profiled.profile_value, profiled.lower_value) as profile_value,
        coalesce(profiled.lower_value, profiled.profile_value) as profile_edge,
        quarters.cumulative_value,
        row_number() over (
            partition by profiled.indicator_key
            order by quarters.is_over desc nulls last, profiled.period_key desc
        ) as recency,
        coalesce(quarters.is_over, false) as is_over
    from ({{ in_force(ref('target_profile'), ['indicator_key', 'period_key']) }}) as profiled
    left join quarters
        on profiled.indicator_key = quarters.indicator_key and profiled.period_key = quarters.period_key
),

forecasts as (
    select
        indicator_key,
        period_key,
        sum(forecast_value) as forecast_value,
        count(*) as bodies
    from {{ ref('indicator_forecast') }}
    where forecast_value is not null
    group by indicator_key, period_key
),

bodies as (
    select count(*) as body_count from {{ ref('dim_partner') }}
),

-- What has come already counts where it is more than was foreseen, and where nothing was foreseen.
outturns as (
    select
        quarters.indicator_key,
        max(case when quarters.is_over then quarters.period_key end) as last_period_key,
        cast(
            sum(
                case
                    when quarters.is_over then quarters.value
                    else greatest(quarters.value, coalesce(forecasts.forecast_value, 0))
                end
            ) as decimal(18, 4)
        ) as summed_value,
        max(quarters.cumulative_value) as verified_value,
        sum(case when quarters.is_over then 0 else 1 end) as coming_quarters,
        sum(case when quarters.is_over or forecasts.period_key is not null then 0 else 1 end) as unforeseen_quarters,
        sum(case when quarters.is_over then 0 else bodies.body_count - coalesce(forecasts.bodies, 0) end)
            as forecasts_missing
    from quarters
    cross join bodies
    left join forecasts
        on quarters.indicator_key = forecasts.indicator_key and quarters.period_key = forecasts.period_key
    group by quarters.indicator_key
),

compared as (
    select
        targets.indicator_key,
        'output' as measure,
        case when profiles.is_over then profiles.period_key end as compared_up_to,
        case when profiles.is_over then profiles.cumulative_value end as compared_value,
        cast(profiles.profile_edge * targets.band as decimal(18, 4)) as reference_value,
        coalesce(
            profiles.is_over
            and profiles.profile_value < {{ parameter('small_profile') }}
            and profiles.profile_value - profiles.cumulative_value <= {{ parameter('small_profile_shortfall') }},
            false
        ) as is_small_shortfall,
        case
            when targets.target_status = 'not_stated' then 'no target stated'
            when profiles.indicator_key is null then 'no profile agreed'
            when not profiles.is_over then 'no quarter of the profile is over'
            else 'verified against the profile'
        end as reason,
        targets.target_status <> 'not_stated'
        and profiles.profile_edge is not null
        and coalesce(profiles.is_over, false) as is_comparable,
        cast(null as integer) as forecasts_missing
    from targets
    left join profiles
        on targets.indicator_key = profiles.indicator_key and profiles.recency = 1
    union all
    select
        targets.indicator_key,
        'forecast' as measure,
        outturns.last_period_key as compared_up_to,
        -- Without a quarter to come the sum is what the running sum says, to the last place.
        case when outturns.coming_quarters = 0 then outturns.verified_value else outturns.summed_value end
            as compared_value,
        targets.target_edge as reference_value,
        false as is_small_shortfall,
        case
            when targets.target_status = 'not_stated' then 'no target stated'
            when targets.target_edge is null then 'no target agreed yet'
            when outturns.coming_quarters = 0 then 'all quarters of the programme are over: verified against the target'
            when outturns.unforeseen_quarters = 0 then 'verified and forecast against the target'
            when outturns.summed_value >= targets.target_edge then 'target reached already'
            else 'no forecast of every quarter to come'
        end as reason,
        targets.target_edge is not null and (
            outturns.unforeseen_quarters = 0
            or outturns.summed_value >= targets.target_edge
        ) as is_comparable,
        cast(outturns.forecasts_missing as integer) as forecasts_missing
    from targets
    inner join outturns
        on targets.indicator_key = outturns.indicator_key
),

thresholds as (
    {{ in_force(ref('rag_threshold'), ['measure', 'rag']) }}
),

levels as (
    select
        compared.indicator_key,
        compared.measure,
        min(thresholds.rag_level) as rag_level
    from compared
    inner join thresholds
        on
            compared.measure = thresholds.measure
            and (
                thresholds.limit_value is null
                or (compared.is_small_shortfall and thresholds.rag = 'amber')
                or compared.compared_value >= compared.reference_value * thresholds.limit_value
            )
    where compared.is_comparable
    group by compared.indicator_key, compared.measure
)

select
    compared.indicator_key,
    compared.measure,
    compared.compared_up_to as compared_up_to_period_key,
    cast(compared.compared_value as decimal(18, 4)) as compared_value,
    compared.reference_value,
    compared.forecasts_missing,
    thresholds.rag,
    levels.rag_level,
    compared.reason,
    {{ stands() }}
from compared
left join levels
    on compared.indicator_key = levels.indicator_key and compared.measure = levels.measure
left join thresholds
    on levels.measure = thresholds.measure and levels.rag_level = thresholds.rag_level
order by compared.indicator_key, compared.measure
