-- One row a day: MetricFlow lines metrics up along it. Not part of the mart.
with quarters as (
    select starts_on, ends_on
    from {{ ref('int_period__calendar') }}
),

numbers as (
    {{ integers(0, 92) }}
)

select cast({{ dbt.dateadd('day', 'numbers.n', 'quarters.starts_on') }} as date) as date_day
from quarters
cross join numbers
where {{ dbt.dateadd('day', 'numbers.n', 'quarters.starts_on') }} <= quarters.ends_on
