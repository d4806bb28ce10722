{{ config(tags=['prepare']) }}

-- Financial-year quarters, Q1 April to June. The calendar is wide, so that a late or wrong date still has a quarter.
with bounds as (
    select min(calendar_first_year) as first_year, max(calendar_last_year) as last_year
    from {{ ref('programme') }}
),

years as (
    {{ integers(2000, 2100) }}
),

quarters as (
    {{ integers(1, 4) }}
),

calendar as (
    select
        cast(years.n as varchar) || '-' || substr(cast(years.n + 1 as varchar), 3) as financial_year,
        quarters.n as quarter,
        {{ date_from_parts(
            'case when quarters.n = 4 then years.n + 1 else years.n end',
            'case when quarters.n = 4 then 1 else 1 + 3 * quarters.n end',
            '1'
        ) }} as starts_on
    from years
    cross join quarters
    cross join bounds
    where years.n between bounds.first_year and bounds.last_year
),

dated as (
    select
        financial_year || '-Q' || cast(quarter as varchar) as period_key,
        financial_year,
        quarter,
        starts_on,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 3, 'starts_on')) }} as date) as ends_on
    from calendar
)

select
    dated.period_key,
    dated.financial_year,
    cast(dated.quarter as integer) as quarter,
    dated.starts_on,
    dated.ends_on,
    case when dated.ends_on < cast({{ as_of() }} as date) then 'closed' else 'open' end as status,
    dated.period_key between programme.first_period_key and programme.last_period_key as is_programme_period
from dated
cross join {{ ref('programme') }} as programme
