-- Ratings follow domain.md section 7: without a target, or with one that has no profile over time, there is none to
-- give; only a target already reached can be called reached.
with totals as (
    select
        indicator_key,
        sum(case when basis = 'verified' then value else 0 end) as actual_value,
        sum(case when basis = 'claimed' then value else 0 end) as claimed_value
    from {{ ref('indicator_value') }}
    where scope = 'programme'
    group by indicator_key
),

compared as (
    select
        indicators.indicator_key,
        targets.target_value,
        coalesce(targets.is_approximate, false) as is_approximate,
        coalesce(targets.target_status, 'not_stated') as target_status,
        totals.actual_value,
        totals.claimed_value,
        targets.target_value * case
            when targets.is_approximate then 1 - {{ parameter('approximate_target_band') }}
            else 1
        end as reached_from
    from {{ ref('dim_indicator') }} as indicators
    inner join totals
        on indicators.indicator_key = totals.indicator_key
    left join {{ ref('target') }} as targets
        on indicators.indicator_key = targets.indicator_key
)

select
    indicator_key,
    target_value,
    is_approximate,
    target_status,
    cast(actual_value as decimal(18, 4)) as actual_value,
    cast(claimed_value as decimal(18, 4)) as claimed_value,
    case when target_status = 'stated' and actual_value >= reached_from then 'green' end as rag,
    case
        when target_status <> 'stated' then 'no target stated'
        when actual_value >= reached_from and is_approximate then 'target reached (within 10% of an approximate one)'
        when actual_value >= reached_from then 'target reached'
        else 'target stated without a profile over time: not rated before it is reached'
    end as rag_reason
from compared
order by indicator_key
