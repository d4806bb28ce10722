-- The rating is the worse of output and forecast (indicator_rating), or what the programme office set in its place
-- (register ratings); both stay to be seen. Reasons say no figure: they stand beside figures that may not be public.
with figures as (
    select
        indicator_key,
        basis,
        cumulative_value,
        row_number() over (partition by indicator_key, basis order by period_key desc) as recency
    from {{ ref('indicator_value') }}
    where scope = 'programme'
),

totals as (
    select
        indicator_key,
        max(case when basis = 'verified' then cumulative_value else 0 end) as actual_value,
        max(case when basis = 'claimed' then cumulative_value else 0 end) as claimed_value
    from figures
    where recency = 1
    group by indicator_key
),

ratings as (
    select
        indicator_key,
        max(rag_level) as worst_level,
        max(case when measure = 'output' then rag end) as output_rag,
        max(case when measure = 'output' then reason end) as output_reason,
        max(case when measure = 'forecast' then rag end) as forecast_rag,
        max(case when measure = 'forecast' then reason end) as forecast_reason
    from {{ ref('indicator_rating') }}
    group by indicator_key
),

compared as (
    select
        indicators.indicator_key,
        targets.target_value,
        targets.lower_value,
        targets.upper_value,
        coalesce(targets.is_approximate, false) as is_approximate,
        coalesce(targets.target_status, 'not_stated') as target_status,
        totals.actual_value,
        totals.claimed_value,
        ratings.output_rag,
        ratings.output_reason,
        ratings.forecast_rag,
        ratings.forecast_reason,
        worst.rag as rated,
        overrides.rag as override_rag,
        overrides.reason as override_reason,
        overrides.approved_by_role as override_approved_by_role,
        overrides.expires_on as override_expires_on
    from {{ ref('dim_indicator') }} as indicators
    inner join totals
        on indicators.indicator_key = totals.indicator_key
    inner join ratings
        on indicators.indicator_key = ratings.indicator_key
    left join ({{ in_force(ref('target'), ['indicator_key']) }}) as targets
        on indicators.indicator_key = targets.indicator_key
    left join ({{ in_force(ref('rag_threshold'), ['measure', 'rag']) }}) as worst
        on worst.measure = 'output' and ratings.worst_level = worst.rag_level
    left join {{ ref('stg_registers__ratings') }} as overrides
        on
            indicators.indicator_key = overrides.indicator_key
            and overrides.is_in_force
            and targets.target_status <> 'not_stated'
)

select
    indicator_key,
    target_value,
    lower_value,
    upper_value,
    is_approximate,
    target_status,
    cast(actual_value as decimal(18, 4)) as actual_value,
    cast(claimed_value as decimal(18, 4)) as claimed_value,
    output_rag,
    forecast_rag,
    override_rag,
    override_reason,
    override_approved_by_role,
    override_expires_on,
    coalesce(override_rag, rated) as rag,
    case
        when target_status = 'not_stated' then 'no target stated'
        when override_rag is not null
            then 'set by the programme office (by the figures ' || coalesce(replace(rated, '_', '/'), 'not rated')
                || '): ' || override_reason
        when rated is null then 'not rated: ' || output_reason || '; ' || forecast_reason
        else
            'output ' || coalesce(replace(output_rag, '_', '/'), 'not rated') || ' (' || output_reason || '), '
            || 'forecast ' || coalesce(replace(forecast_rag, '_', '/'), 'not rated')
            || ' (' || forecast_reason || ')'
    end as rag_reason,
    {{ stands() }}
from compared
order by indicator_key
