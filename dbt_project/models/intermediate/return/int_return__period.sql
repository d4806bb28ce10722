-- The calendar of returns: what the register says of all bodies, else sixty days from the quarter's end.
select
    periods.period_key,
    periods.starts_on,
    periods.ends_on,
    periods.status,
    coalesce(calendar.due_on, cast({{ dbt.dateadd('day', 60, 'periods.ends_on') }} as date)) as due_on,
    calendar.new_records_until,
    calendar.edits_until
from {{ ref('int_period__calendar') }} as periods
left join {{ ref('stg_registers__calendar') }} as calendar
    on periods.period_key = calendar.period_key and calendar.partner_code = 'ALL'
where periods.is_programme_period
