-- As first reported: what the release said that was there the day after the quarter's deadline, else the first that
-- said anything of it later.
with first_reported as (
    select
        versions.*,
        row_number() over (
            partition by versions.indicator_key, versions.period_key, versions.scope, versions.scope_key, versions.basis
            order by
                case when versions.known_from < {{ dbt.dateadd('day', 2, 'due.due_on') }} then 0 else 1 end,
                case
                    when versions.known_from < {{ dbt.dateadd('day', 2, 'due.due_on') }}
                        then
                            versions.known_until is null
                            or versions.known_until >= {{ dbt.dateadd('day', 2, 'due.due_on') }}
                end desc,
                versions.known_from
        ) as choice
    from {{ ref('int_figure__version') }} as versions
    inner join {{ ref('int_return__period') }} as due
        on versions.period_key = due.period_key
    where versions.view_name = 'as_reported' and due.due_on < cast({{ as_of() }} as date)
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
    where choice = 1
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
    every.known_until
from every
inner join units
    on every.indicator_key = units.indicator_key
order by view_name, indicator_key, scope, scope_key, basis, period_key, known_from
