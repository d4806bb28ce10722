with due as (
    select
        expected.period_key,
        count(*) as expected,
        sum(case when expected.is_received then 1 else 0 end) as received,
        sum(case when expected.is_on_time then 1 else 0 end) as on_time,
        sum(case when expected.is_waived and not expected.is_received then 1 else 0 end) as waived,
        sum(case when expected.is_locked then 1 else 0 end) as locked
    from {{ ref('return_expected') }} as expected
    group by expected.period_key
)

select
    period_key,
    cast(expected as integer) as expected,
    cast(received as integer) as received,
    cast(on_time as integer) as on_time,
    cast(waived as integer) as waived,
    cast(locked as integer) as locked,
    cast(cast(received as decimal(9, 4)) / expected as decimal(9, 4)) as completeness_rate,
    cast(cast(on_time as decimal(9, 4)) / expected as decimal(9, 4)) as on_time_rate
from due
order by period_key
