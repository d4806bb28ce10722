-- A body owes a return for every programme quarter that has ended since its activity began, unless the calendar says
-- that none is due; its own line of the calendar stands before that of all.
select
    partners.partner_code,
    periods.period_key,
    periods.ends_on,
    coalesce(calendar.due_on, periods.due_on) as due_on,
    coalesce(calendar.new_records_until, periods.new_records_until) as new_records_until,
    coalesce(calendar.edits_until, periods.edits_until) as edits_until,
    locks.locked_at
from {{ ref('stg_registers__partners') }} as partners
inner join {{ ref('int_return__period') }} as periods
    on periods.status <> 'open' and periods.ends_on >= partners.activity_starts_on
left join {{ ref('stg_registers__calendar') }} as calendar
    on periods.period_key = calendar.period_key and partners.partner_code = calendar.partner_code
left join {{ ref('int_lock__quarter') }} as locks
    on periods.period_key = locks.period_key and partners.partner_code = locks.partner_key
where coalesce(calendar.is_due, true)
