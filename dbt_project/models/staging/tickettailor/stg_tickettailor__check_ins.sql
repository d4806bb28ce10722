with latest as (
    {{ latest_version(source('tickettailor', 'check_ins'), ['id']) }}
)

select
    id as check_in_id,
    issued_ticket_id as ticket_id,
    event_id,
    {{ typed('tickettailor.check_ins', 'quantity') }} as quantity,
    {{ instant('check_in_at') }} as checked_in_at,
    _source_record as source_record
from latest
where _deleted_at is null and {{ is_usable('tickettailor.check_ins') }}
