-- A quarter is locked when every body that owes a return for it is.
with due as (
    select period_key, count(*) = count(locked_at) as is_locked
    from {{ ref('int_return__due') }}
    group by period_key
)

select
    periods.period_key,
    periods.starts_on,
    periods.ends_on,
    periods.financial_year,
    periods.quarter,
    case when due.is_locked then 'locked' else periods.status end as status,
    periods.is_programme_period
from {{ ref('int_period__calendar') }} as periods
left join due
    on periods.period_key = due.period_key
order by periods.period_key
