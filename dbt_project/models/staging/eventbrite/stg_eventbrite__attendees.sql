with latest as (
    {{ latest_version(source('eventbrite', 'attendees'), ['id']) }}
),

tickets as (
    select
        latest.*,
        {{ is_buyer_copy('latest.order_id', 'latest.person_key', 'latest.id') }} as is_buyer_copy
    from latest
    where latest._deleted_at is null
)

select
    tickets.id as attendee_id,
    tickets.event_id,
    tickets.order_id,
    {{ ticket_holder_columns('tickets', 'attendee_') }},
    coalesce(tickets.cancelled, 'false') = 'true'
    or coalesce(tickets.refunded, 'false') = 'true'
    or coalesce(tickets.status, '') in ('Deleted', 'Not Attending')
    or coalesce(orders.order_status, '') in ('abandoned', 'cancelled') as is_cancelled,
    coalesce(tickets.checked_in, 'false') = 'true' as is_checked_in,
    coalesce(roles.is_counted, true) as is_counted_role,
    tickets.created as created_at,
    tickets._source_record as source_record
from tickets
left join {{ ref('stg_eventbrite__orders') }} as orders
    on tickets.order_id = orders.order_id
left join ({{ counted_ticket_classes('latest', 'ticket_class_name') }}) as roles
    on tickets.ticket_class_name = roles.ticket_class
