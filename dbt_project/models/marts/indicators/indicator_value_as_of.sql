-- As first reported: what stood in the release that readers had the day after the quarter's deadline, else in the first
-- release of all. What neither of them said was nothing, whatever was said later.
with first_release as (
    select min(known_from) as released_at
    from {{ ref('int_figure__version') }}
    where view_name = 'as_reported'
),

asked as (
    select
        due.period_key,
        first_release.released_at,
        {{ dbt.dateadd('day', 2, 'due.due_on') }} as asked_before
    from {{ ref('int_return__period') }} as due
    cross join first_release
    where due.due_on < cast({{ as_of() }} as date)
),

cells as (
    select distinct indicator_key, period_key, scope, scope_key, basis
    from {{ ref('int_figure__version') }}
    where view_name = 'as_reported'
),

first_reported as (
    select
        cells.indicator_key,
        cells.period_key,
        cells.scope,
        cells.scope_key,
        cells.basis,
        cast(coalesce(versions.exact_value, 0) as decimal(18, 4)) as exact_value,
        coalesce(versions.known_from, asked.released_at) as known_from
    from cells
    inner join asked
        on cells.period_key = asked.period_key
    left join {{ ref('int_figure__version') }} as versions
        on
            cells.indicator_key = versions.indicator_key
            and cells.period_key = versions.period_key
            and cells.scope = versions.scope
            and cells.scope_key = versions.scope_key
            and cells.basis = versions.basis
            and versions.view_name = 'as_reported'
            and (versions.known_from < asked.asked_before or versions.known_from = asked.released_at)
            and (versions.known_until is null or versions.known_until >= asked.asked_before)
),

every as (
    select view_name, indicator_key, period_key, scope, scope_key, basis, exact_value, known_from, known_until
    from {{ ref('int_figure__version') }}
    union all
    select
        'as_first_reported' as view_name,
        indicator_key,
        period_key,
        scope,
        scope_key,
        basis,
        exact_value,
        known_from,
        cast(null as timestamp) as known_until
    from first_reported
),

-- Of the indicator, not of its facts: a figure was there though none of them is known any more.
units as (
    select indicator_key, {{ exact_per_unit('indicator_key') }} as exact_per_unit
    from {{ ref('indicator') }}
)

select
    every.view_name,
    every.indicator_key,
    every.period_key,
    every.scope,
    every.scope_key,
    every.basis,
    {{ divided('every.exact_value', 'units.exact_per_unit') }} as value,
    every.exact_value,
    every.known_from,
    every.known_until,
    {{ stands() }}
from every
inner join units
    on every.indicator_key = units.indicator_key
order by view_name, indicator_key, scope, scope_key, basis, period_key, known_from
