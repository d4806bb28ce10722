-- The verified figures of every locked quarter of a body: as locked, as known tonight, and whether the difference is
-- material (domain.md 2.1 R12: five per cent or more, or one unit or more of a figure below twenty).
with locked as (
    select body, period_key, indicator_key, sum(amount) as exact_value
    from {{ ref('int_lock__leg') }}
    where basis = 'verified'
    group by body, period_key, indicator_key
),

known as (
    select
        quarters.partner_key as body,
        quarters.period_key,
        facts.indicator_key,
        sum(facts.verified_amount) as exact_value
    from {{ ref('int_fact__known') }} as facts
    inner join {{ ref('int_lock__quarter') }} as quarters
        on {{ locked_body('facts.partner_key') }} = quarters.partner_key and facts.period_key = quarters.period_key
    group by quarters.partner_key, quarters.period_key, facts.indicator_key
),

units as (
    select indicator_key, {{ exact_per_unit('indicator_key') }} as exact_per_unit
    from {{ ref('indicator') }}
),

compared as (
    select
        quarters.partner_key,
        quarters.period_key,
        indicators.indicator_key,
        {{ divided('coalesce(locked.exact_value, 0)', 'units.exact_per_unit') }} as locked_value,
        {{ divided('coalesce(known.exact_value, 0)', 'units.exact_per_unit') }} as known_value
    from {{ ref('int_lock__quarter') }} as quarters
    cross join {{ ref('indicator') }} as indicators
    left join locked
        on
            quarters.partner_key = locked.body
            and quarters.period_key = locked.period_key
            and indicators.indicator_key = locked.indicator_key
    left join known
        on
            quarters.partner_key = known.body
            and quarters.period_key = known.period_key
            and indicators.indicator_key = known.indicator_key
    inner join units
        on indicators.indicator_key = units.indicator_key
)

select
    partner_key,
    period_key,
    indicator_key,
    locked_value,
    known_value,
    case
        when abs(locked_value) < 20 then abs(known_value - locked_value) >= 1
        else abs(known_value - locked_value) >= 0.05 * abs(locked_value)
    end as is_material
from compared
