-- Read from the API and from downloaded reports alike; of a ticket that both tell of, what the API says stands.
with api as (
    {{ latest_version(source('eventbrite', 'attendees'), ['id']) }}
),

reports as (
    {{ latest_version(source('eventbrite_report', 'attendees'), ['id']) }}
),

latest as (
    select
        id,
        event_id,
        order_id,
        ticket_class_name,
        status,
        checked_in,
        cancelled,
        refunded,
        person_key,
        email_domain,
        organisation_name,
        organisation_website,
        organisation_postcode,
        organisation_sector,
        consent,
        created,
        false as is_from_report,
        'eventbrite/attendees/' || id as source_place,
        _source_record,
        _deleted_at
    from api
    union all
    select
        reports.id,
        reports.event_id,
        reports.order_id,
        reports.ticket_class_name,
        reports.status,
        reports.checked_in,
        reports.cancelled,
        cast(null as varchar) as refunded,
        reports.person_key,
        reports.email_domain,
        reports.organisation_name,
        reports.organisation_website,
        reports.organisation_postcode,
        reports.organisation_sector,
        reports.consent,
        cast(null as varchar) as created,
        true as is_from_report,
        reports.file_name || '#' || reports.row_number as source_place,
        reports._source_record,
        reports._deleted_at
    from reports
    left join api
        on reports.id = api.id
    where api.id is null
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
    tickets.is_from_report,
    tickets.source_place,
    tickets._source_record as source_record
from tickets
left join {{ ref('stg_eventbrite__orders') }} as orders
    on tickets.order_id = orders.order_id
left join ({{ counted_ticket_classes('latest', 'ticket_class_name') }}) as roles
    on tickets.ticket_class_name = roles.ticket_class
