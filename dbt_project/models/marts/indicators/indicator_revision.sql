-- The revision triangle: what was reported of each quarter at the end of that quarter and of each that followed, as far
-- as releases go back; the running quarter as it is tonight. Cells of which nothing was ever reported are left out.
with released as (
    select cast(min(known_from) as date) as first_on
    from {{ ref('indicator_value_as_of') }}
    where view_name = 'as_reported'
),

calendar as (
    select
        period_key,
        starts_on,
        ends_on,
        row_number() over (order by period_key) as place
    from {{ ref('dim_period') }}
),

vintages as (
    select
        calendar.period_key,
        calendar.place,
        cast({{ dbt.dateadd('day', 1, 'calendar.ends_on') }} as timestamp) as asked_before
    from calendar
    cross join released
    where calendar.ends_on >= released.first_on and calendar.starts_on <= cast({{ as_of() }} as date)
),

cells as (
    select distinct
        figures.indicator_key,
        figures.period_key,
        figures.scope,
        figures.scope_key,
        figures.basis,
        calendar.place
    from {{ ref('indicator_value_as_of') }} as figures
    inner join calendar
        on figures.period_key = calendar.period_key
    where figures.view_name = 'as_reported'
),

said as (
    select
        cells.indicator_key,
        cells.period_key,
        cells.scope,
        cells.scope_key,
        cells.basis,
        vintages.period_key as known_in_period_key,
        vintages.place,
        cast(vintages.place - cells.place as integer) as quarters_later,
        cast(coalesce(figures.value, 0) as decimal(18, 4)) as value,
        cast(coalesce(figures.exact_value, 0) as decimal(18, 4)) as exact_value
    from cells
    inner join vintages
        on cells.place <= vintages.place
    left join {{ ref('indicator_value_as_of') }} as figures
        on
            cells.indicator_key = figures.indicator_key
            and cells.period_key = figures.period_key
            and cells.scope = figures.scope
            and cells.scope_key = figures.scope_key
            and cells.basis = figures.basis
            and figures.view_name = 'as_reported'
            and vintages.asked_before > figures.known_from
            and (figures.known_until is null or vintages.asked_before <= figures.known_until)
),

compared as (
    select
        said.*,
        lag(value) over (
            partition by indicator_key, period_key, scope, scope_key, basis order by place
        ) as before_value,
        lead(place) over (
            partition by indicator_key, period_key, scope, scope_key, basis order by place
        ) is null as is_latest
    from said
)

select
    indicator_key,
    period_key,
    scope,
    scope_key,
    basis,
    known_in_period_key,
    quarters_later,
    value,
    exact_value,
    cast(value - before_value as decimal(18, 4)) as revision,
    is_latest
from compared
order by indicator_key, scope, scope_key, basis, period_key, known_in_period_key
