-- What the figures that count organisations could be, once people have decided about the pairs that wait. Those stand
-- apart tonight, so that all of them different is the figure as it is.
with changes as (
    select
        'businesses_assisted' as indicator_key,
        period_key,
        sum(could_fall) as could_fall,
        sum(could_rise) as could_rise,
        sum(change_if_same) as change_if_same
    from {{ ref('int_figure__identity_business') }}
    group by period_key
    union all
    select
        'new_collaborations' as indicator_key,
        period_key,
        could_fall,
        could_rise,
        could_rise - could_fall as change_if_same
    from {{ ref('int_figure__identity_collaboration') }}
),

figures as (
    select
        indicator_key,
        period_key,
        cumulative_value
    from {{ ref('indicator_value') }}
    where
        scope = 'programme'
        and basis = 'verified'
        and indicator_key in ('businesses_assisted', 'new_collaborations')
)

select
    figures.indicator_key,
    figures.period_key,
    figures.cumulative_value as all_different_value,
    cast(figures.cumulative_value + coalesce(changes.change_if_same, 0) as decimal(18, 4)) as all_same_value,
    cast(figures.cumulative_value - coalesce(changes.could_fall, 0) as decimal(18, 4)) as lower_value,
    cast(figures.cumulative_value + coalesce(changes.could_rise, 0) as decimal(18, 4)) as upper_value
from figures
left join changes
    on figures.indicator_key = changes.indicator_key and figures.period_key = changes.period_key
order by figures.indicator_key, figures.period_key
