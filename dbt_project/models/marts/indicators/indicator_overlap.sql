-- The programme counts a unit once, for one body. Each other body with a verified part in it keeps its credit here, so
-- that what bodies count adds up to more than the programme does: the overlap, a line of its own.
with facts as (
    select
        indicator_key,
        unit_key,
        fact_key,
        achieved_on,
        period_key,
        coalesce(partner_key, 'PROGRAMME') as partner_key,
        exact_quantity,
        is_counted,
        not_counted_reason
    from {{ ref('indicator_fact') }}
    where status = 'verified'
),

counted as (
    select * from facts
    where is_counted
),

-- A body has credit for a unit once, in the quarter in which the unit counts, however many rows it returned.
shared as (
    select
        counted.indicator_key,
        counted.period_key,
        duplicates.partner_key,
        counted.exact_quantity,
        row_number() over (
            partition by duplicates.indicator_key, duplicates.unit_key, duplicates.partner_key
            order by counted.achieved_on, counted.fact_key, duplicates.fact_key
        ) as telling
    from facts as duplicates
    inner join counted
        on duplicates.indicator_key = counted.indicator_key and duplicates.unit_key = counted.unit_key
    left join counted as own
        on
            duplicates.indicator_key = own.indicator_key
            and duplicates.unit_key = own.unit_key
            and duplicates.partner_key = own.partner_key
    where duplicates.not_counted_reason = 'duplicate' and own.fact_key is null
),

lines as (
    select indicator_key, period_key, 'programme' as line, cast(null as varchar) as partner_key, exact_quantity
    from counted
    union all
    select indicator_key, period_key, 'partner' as line, partner_key, exact_quantity
    from counted
    union all
    select indicator_key, period_key, 'partner' as line, partner_key, exact_quantity
    from shared
    where telling = 1
    union all
    select indicator_key, period_key, 'overlap' as line, cast(null as varchar) as partner_key, exact_quantity
    from shared
    where telling = 1
),

units as (
    select
        indicator_key,
        max(exact_per_unit) as exact_per_unit
    from {{ ref('indicator_fact') }}
    group by indicator_key
),

summed as (
    select
        lines.indicator_key,
        lines.period_key,
        lines.line,
        lines.partner_key,
        cast(sum(lines.exact_quantity) as decimal(18, 4)) as exact_value,
        max(units.exact_per_unit) as exact_per_unit
    from lines
    inner join units
        on lines.indicator_key = units.indicator_key
    group by lines.indicator_key, lines.period_key, lines.line, lines.partner_key
)

select
    indicator_key,
    period_key,
    line,
    partner_key,
    {{ divided('exact_value', 'exact_per_unit') }} as value,
    exact_value,
    exact_per_unit
from summed
order by indicator_key, period_key, line, partner_key
