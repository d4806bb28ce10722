with latest as (
    {{ latest_version(source('eventbrite', 'attendees'), ['id']) }}
)

select
    latest.id as attendee_id,
    latest.event_id,
    latest.order_id,
    coalesce(latest.person_key, 'attendee_' || latest.id) as person_key,
    latest.person_key is not null as is_identified,
    latest.organisation_name,
    {{ normalise_domain('latest.organisation_website') }} as organisation_domain,
    {{ normalise_domain('latest.email_domain') }} as email_domain,
    {{ normalise_postcode('latest.organisation_postcode') }} as organisation_postcode,
    coalesce(latest.cancelled, 'false') = 'true'
    or coalesce(latest.refunded, 'false') = 'true'
    or coalesce(latest.status, '') in ('Deleted', 'Not Attending') as is_cancelled,
    coalesce(latest.checked_in, 'false') = 'true' as is_checked_in,
    coalesce(roles.is_counted, true) as is_counted_role,
    latest.created as created_at,
    latest._source_record as source_record
from latest
-- A ticket class can hold several of the words; any that is not counted decides.
left join (
    select
        classes.ticket_class_name,
        min(ticket_role.is_counted) as is_counted
    from (select distinct ticket_class_name from latest) as classes
    inner join {{ ref('ticket_role') }} as ticket_role
        on lower(classes.ticket_class_name) like '%' || ticket_role.word || '%'
    group by classes.ticket_class_name
) as roles
    on latest.ticket_class_name = roles.ticket_class_name
where latest._deleted_at is null
