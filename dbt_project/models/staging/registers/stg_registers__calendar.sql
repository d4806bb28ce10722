with latest as (
    {{ latest_listed(source('registers', 'calendar'), ['period_key', 'partner_code']) }}
)

select
    period_key,
    partner_code,
    {{ typed('registers.calendar', 'due_on') }} as due_on,
    {{ typed('registers.calendar', 'new_records_until') }} as new_records_until,
    {{ typed('registers.calendar', 'edits_until') }} as edits_until,
    coalesce(is_due, 'yes') = 'yes' as is_due,
    reason,
    coalesce(list_name, 'calendar.csv') || '#!' || split_part(_source_record, ':', 2) as source_place
from latest
