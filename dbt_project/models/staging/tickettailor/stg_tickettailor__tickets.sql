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
    -- Who holds a ticket that somebody else bought is not known: a guest, and nobody who can be met again.
    case
        when tickets.is_buyer_copy then 'tickettailor_' || tickets.id
        else coalesce(tickets.person_key, 'tickettailor_' || tickets.id)
    end as person_key,
    tickets.person_key is not null and not tickets.is_buyer_copy as is_identified,
    tickets.is_buyer_copy,
    tickets.organisation_name,
    {{ normalise_domain('tickets.organisation_website') }} as organisation_domain,
    {{ normalise_domain('tickets.email_domain') }} as email_domain,
    {{ normalise_postcode('tickets.organisation_postcode') }} as organisation_postcode,
    tickets.organisation_sector,
    tickets.consent,
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
