with latest as (
    {{ latest_version(source('tickettailor', 'issued_tickets'), ['id']) }}
),

tickets as (
    select
        latest.*,
        {{ is_buyer_copy('latest.order_id', 'latest.person_key', 'latest.id') }} as is_buyer_copy
    from latest
    where latest._deleted_at is null
),

-- A quantity below nothing takes a check-in back.
check_ins as (
    select
        ticket_id,
        sum(quantity) as scans
    from {{ ref('stg_tickettailor__check_ins') }}
    group by ticket_id
)

select
    tickets.id as ticket_id,
    tickets.event_id,
    tickets.order_id,
    {{ ticket_holder_columns('tickets', 'tickettailor_') }},
    coalesce(check_ins.scans, 0) > 0 as is_checked_in,
    -- Who was checked in was there, whatever became of the ticket afterwards.
    coalesce(tickets.status, '') = 'voided' and coalesce(check_ins.scans, 0) <= 0 as is_cancelled,
    coalesce(roles.is_counted, true) as is_counted_role,
    tickets.created_at,
    tickets._source_record as source_record
from tickets
left join check_ins
    on tickets.id = check_ins.ticket_id
left join ({{ counted_ticket_classes('latest', 'ticket_type') }}) as roles
    on tickets.ticket_type = roles.ticket_class
