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

-- Refunding or deleting a ticket may take the mark of its check-in away: then what was said last before that stands.
versions as (
    select
        id,
        checked_in,
        _loaded_at,
        _load_id,
        {{ is_void_ticket('status', 'cancelled', 'refunded') }} as is_void
    from {{ source('eventbrite', 'attendees') }}
    union all
    select
        id,
        checked_in,
        _loaded_at,
        _load_id,
        {{ is_void_ticket('status', 'cancelled', "'false'") }} as is_void
    from {{ source('eventbrite_report', 'attendees') }}
),

last_valid as (
    select
        id,
        checked_in = 'true' as was_checked_in,
        row_number() over (partition by id order by _loaded_at desc, _load_id desc) as recency
    from versions
    where not is_void
),

tickets as (
    select
        latest.*,
        {{ is_void_ticket('latest.status', 'latest.cancelled', 'latest.refunded') }} as is_void,
        {{ is_buyer_copy('latest.order_id', 'latest.person_key', 'latest.id') }} as is_buyer_copy
    from latest
    where latest._deleted_at is null
),

used as (
    select
        tickets.*,
        coalesce(tickets.checked_in, 'false') = 'true'
        or (tickets.is_void and coalesce(last_valid.was_checked_in, false)) as is_used
    from tickets
    left join last_valid
        on tickets.id = last_valid.id and last_valid.recency = 1
)

select
    tickets.id as attendee_id,
    tickets.event_id,
    tickets.order_id,
    {{ ticket_holder_columns('tickets', 'attendee_') }},
    -- Who was checked in was there, whatever became of the ticket afterwards.
    not tickets.is_used
    and (tickets.is_void or coalesce(orders.order_status, '') in ('abandoned', 'cancelled')) as is_cancelled,
    tickets.is_used as is_checked_in,
    coalesce(roles.is_counted, true) as is_counted_role,
    tickets.created as created_at,
    tickets.is_from_report,
    tickets.source_place,
    tickets._source_record as source_record
from used as tickets
left join {{ ref('stg_eventbrite__orders') }} as orders
    on tickets.order_id = orders.order_id
left join ({{ counted_ticket_classes('latest', 'ticket_class_name') }}) as roles
    on tickets.ticket_class_name = roles.ticket_class
