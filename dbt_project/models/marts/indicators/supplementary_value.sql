-- Dense: every supplementary indicator and programme quarter has a row; one that returns do not carry has no figure.
with summed as (
    select
        indicator_code,
        period_key,
        sum(exact_quantity) as exact_value
    from {{ ref('supplementary_fact') }}
    group by indicator_code, period_key
),

units as (
    select
        indicator_code,
        max(exact_per_unit) as exact_per_unit
    from {{ ref('supplementary_fact') }}
    group by indicator_code
),

filled as (
    select
        indicators.indicator_code,
        indicators.status,
        periods.period_key,
        coalesce(units.exact_per_unit, 1) as exact_per_unit,
        cast(coalesce(summed.exact_value, 0) as decimal(18, 4)) as exact_value
    from {{ ref('supplementary_indicator') }} as indicators
    cross join {{ ref('dim_period') }} as periods
    left join summed
        on indicators.indicator_code = summed.indicator_code and periods.period_key = summed.period_key
    left join units
        on indicators.indicator_code = units.indicator_code
    where periods.is_programme_period
),

running as (
    select
        filled.*,
        cast(
            sum(exact_value) over (
                partition by indicator_code order by period_key rows between unbounded preceding and current row
            ) as decimal(18, 4)
        ) as exact_cumulative_value
    from filled
)

select
    running.indicator_code,
    indicators.scheme_code,
    indicators.name,
    indicators.unit,
    running.period_key,
    case
        when running.status = 'measured'
            then {{ divided('running.exact_value', 'running.exact_per_unit') }}
    end as value,
    case
        when running.status = 'measured'
            then {{ divided('running.exact_cumulative_value', 'running.exact_per_unit') }}
    end as cumulative_value,
    running.status,
    indicators.explanation,
    indicators.hangs_on_indicator_key,
    case when running.status = 'measured' then 'available' else 'not_available' end as quality_status,
    case when running.status <> 'measured' then indicators.explanation end as quality_reason,
    cast(null as varchar) as quality_rule_id
from running
inner join {{ ref('supplementary_indicator') }} as indicators
    on running.indicator_code = indicators.indicator_code
order by running.indicator_code, running.period_key
