-- Sums are made in the exact unit of the facts and divided once, at the end.
-- Dense: every indicator, programme quarter, scope key and basis has a row, zeros included.
with scope_keys as (
    select 'programme' as scope, programme_key as scope_key from {{ ref('programme') }}
    union all
    select 'partner' as scope, partner_key as scope_key from {{ ref('dim_partner') }}
    union all
    select 'cluster' as scope, cluster_key as scope_key from {{ ref('dim_cluster') }}
    union all
    select 'local_authority' as scope, local_authority_code as scope_key from {{ ref('dim_local_authority') }}
),

bases as (
    select 'verified' as basis
    union all
    select 'claimed' as basis
),

grid as (
    select
        indicators.indicator_key,
        periods.period_key,
        scope_keys.scope,
        scope_keys.scope_key,
        bases.basis
    from {{ ref('dim_indicator') }} as indicators
    cross join {{ ref('dim_period') }} as periods
    cross join scope_keys
    cross join bases
    where periods.is_programme_period
),

amounts as (
    {{ amounts_of(ref('indicator_fact'), 'is_counted') }}
),

scoped as (
    {{ amounts_by_scope('amounts') }}
),

summed as (
    select indicator_key, period_key, scope, scope_key, basis, sum(amount) as exact_value
    from scoped
    group by indicator_key, period_key, scope, scope_key, basis
),

units as (
    select
        indicator_key,
        max(exact_per_unit) as exact_per_unit
    from {{ ref('indicator_fact') }}
    group by indicator_key
),

filled as (
    select
        grid.*,
        cast(coalesce(summed.exact_value, 0) as decimal(18, 4)) as exact_value,
        coalesce(units.exact_per_unit, 1) as exact_per_unit
    from grid
    left join summed
        on
            grid.indicator_key = summed.indicator_key
            and grid.period_key = summed.period_key
            and grid.scope = summed.scope
            and grid.scope_key = summed.scope_key
            and grid.basis = summed.basis
    left join units
        on grid.indicator_key = units.indicator_key
),

running as (
    select
        filled.*,
        cast(
            sum(exact_value) over (
                partition by indicator_key, scope, scope_key, basis
                order by period_key
                rows between unbounded preceding and current row
            ) as decimal(18, 4)
        ) as exact_cumulative_value
    from filled
)

select
    indicator_key,
    period_key,
    scope,
    scope_key,
    basis,
    {{ divided('exact_value', 'exact_per_unit') }} as value,
    {{ divided('exact_cumulative_value', 'exact_per_unit') }} as cumulative_value,
    exact_value,
    exact_cumulative_value
from running
order by indicator_key, scope, scope_key, basis, period_key
