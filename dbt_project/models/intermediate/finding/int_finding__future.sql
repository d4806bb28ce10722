-- Claims dated after the night: they count nothing until their day has come.
select
    source_system as source,
    indicator_key as stream,
    source_place as place,
    cast(null as varchar) as cell,
    'dated_in_the_future' as rule,
    'warning' as severity,
    'the date on which this was achieved has not come: it counts from that day, or once corrected' as message,
    partner_key as partner_code
from {{ ref('int_fact__assessed') }}
where ineligible_reason = 'in_the_future'
