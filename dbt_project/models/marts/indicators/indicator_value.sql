-- Sums are made in the exact unit of the facts and divided once, at the end.
-- Dense: every indicator, programme quarter, scope key and basis has a row, zeros included. Nothing known is no zero:
-- where too much of a breakdown has no place or cluster, a key of which nothing is known has no figure
-- (docs/decisions/0385).
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
),

cut as (
    select
        running.*,
        sum(exact_value) over key_of_cut as whole,
        sum(case when scope_key = 'unknown' then exact_value else 0 end) over key_of_cut as unplaced,
        sum(exact_cumulative_value) over key_of_cut as cumulative_whole,
        sum(case when scope_key = 'unknown' then exact_cumulative_value else 0 end) over key_of_cut
            as cumulative_unplaced
    from running
    window key_of_cut as (partition by indicator_key, period_key, scope, basis)
),

judged as (
    select
        cut.*,
        scope in ('cluster', 'local_authority') as is_breakdown,
        {{ is_unplaced('exact_value', 'unplaced', 'whole') }} as is_value_unknown,
        {{ is_unplaced('exact_cumulative_value', 'cumulative_unplaced', 'cumulative_whole') }} as is_cumulative_unknown
    from cut
)

select
    indicator_key,
    period_key,
    scope,
    scope_key,
    basis,
    case when not is_value_unknown then {{ divided('exact_value', 'exact_per_unit') }} end as value,
    case when not is_cumulative_unknown then {{ divided('exact_cumulative_value', 'exact_per_unit') }} end
        as cumulative_value,
    case when not is_value_unknown then exact_value end as exact_value,
    case when not is_cumulative_unknown then exact_cumulative_value end as exact_cumulative_value,
    cast(
        case when is_breakdown and cumulative_whole <> 0 then cumulative_unplaced / cumulative_whole end
        as decimal(9, 4)
    ) as unknown_share,
    case when is_value_unknown or is_cumulative_unknown then 'not_available' else 'available' end as quality_status,
    case
        when is_value_unknown or is_cumulative_unknown
            then 'too much of it has no ' || case scope when 'cluster' then 'cluster' else 'place' end
                || ' and may belong here'
    end as quality_reason,
    cast(null as varchar) as quality_rule_id
from judged
order by indicator_key, scope, scope_key, basis, period_key
