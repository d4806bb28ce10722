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
    select
        indicator_key,
        period_key,
        partner_key,
        cluster_key,
        local_authority_code,
        'verified' as basis,
        quantity as amount
    from {{ ref('indicator_fact') }}
    where is_counted and status = 'verified'
    union all
    select
        indicator_key,
        period_key,
        partner_key,
        cluster_key,
        local_authority_code,
        'claimed' as basis,
        claimed_quantity as amount
    from {{ ref('indicator_fact') }}
    where status <> 'withdrawn'
),

scoped as (
    select
        amounts.indicator_key,
        amounts.period_key,
        'programme' as scope,
        programme.programme_key as scope_key,
        amounts.basis,
        amounts.amount
    from amounts
    cross join {{ ref('programme') }} as programme
    union all
    select indicator_key, period_key, 'partner' as scope, partner_key as scope_key, basis, amount
    from amounts
    where partner_key is not null
    union all
    select indicator_key, period_key, 'cluster' as scope, cluster_key as scope_key, basis, amount
    from amounts
    union all
    select indicator_key, period_key, 'local_authority' as scope, local_authority_code as scope_key, basis, amount
    from amounts
),

summed as (
    select indicator_key, period_key, scope, scope_key, basis, sum(amount) as value
    from scoped
    group by indicator_key, period_key, scope, scope_key, basis
)

select
    grid.indicator_key,
    grid.period_key,
    grid.scope,
    grid.scope_key,
    grid.basis,
    cast(coalesce(summed.value, 0) as decimal(18, 4)) as value,
    cast(
        sum(coalesce(summed.value, 0)) over (
            partition by grid.indicator_key, grid.scope, grid.scope_key, grid.basis
            order by grid.period_key
            rows between unbounded preceding and current row
        ) as decimal(18, 4)
    ) as cumulative_value
from grid
left join summed
    on
        grid.indicator_key = summed.indicator_key
        and grid.period_key = summed.period_key
        and grid.scope = summed.scope
        and grid.scope_key = summed.scope_key
        and grid.basis = summed.basis
order by grid.indicator_key, grid.scope, grid.scope_key, grid.basis, grid.period_key
