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
    -- Who holds a ticket that somebody else bought is not known: a guest, and nobody who can be met again.
    case
        when tickets.is_buyer_copy then 'attendee_' || tickets.id
        else coalesce(tickets.person_key, 'attendee_' || tickets.id)
    end as person_key,
    tickets.person_key is not null and not tickets.is_buyer_copy as is_identified,
    tickets.is_buyer_copy,
    tickets.organisation_name,
    {{ normalise_domain('tickets.organisation_website') }} as organisation_domain,
    {{ normalise_domain('tickets.email_domain') }} as email_domain,
    {{ normalise_postcode('tickets.organisation_postcode') }} as organisation_postcode,
    tickets.organisation_sector,
    tickets.consent,
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
