{# Events of platforms: their keys, tickets bought for others. Reference: docs/contracts.md section 5. #}

{#
    Key of an event as a body returns it. Ticket platforms give every event its own id; a meeting keeps its id each time
    it is held, so that the date tells its times apart.
#}
{% macro returned_event_key(platform, platform_event_id, held_on, own_key) -%}
    case
        when {{ platform }} in ('eventbrite', 'tickettailor') then {{ platform }} || ':' || trim({{ platform_event_id }})
        when {{ platform }} = 'zoom'
            then 'zoom:' || {{ regex_replace(platform_event_id, '[^0-9]', '') }} || ':' || cast({{ held_on }} as varchar)
        when {{ platform }} = 'teams'
            then {{ teams_meeting_key(platform_event_id, held_on) }}
        else {{ own_key }}
    end
{%- endmacro %}

{#
    Key of a Teams meeting as it was held. A report that was downloaded has no id of the meeting: its title and the day
    are what a body can name.
#}
{% macro teams_event_key(title, started_at) -%}
    {{ teams_meeting_key(title, programme_date(started_at)) }}
{%- endmacro %}

{# A title is typed by hand in a return: case, outer and doubled blanks make no other meeting. #}
{% macro teams_meeting_key(title, day) -%}
    'teams:' || lower({{ reference_key(title) }}) || ':' || cast({{ day }} as varchar)
{%- endmacro %}

{#
    Whether a ticket carries the details of who bought it, not of who holds it: all tickets of its order have one address,
    and it is not the first. To be selected over the tickets that are not deleted.
#}
{% macro is_buyer_copy(order_id, person_key, ticket_id) -%}
    coalesce(
        {{ order_id }} is not null
        and {{ person_key }} is not null
        and min({{ person_key }}) over (partition by {{ order_id }})
        = max({{ person_key }}) over (partition by {{ order_id }})
        and row_number() over (
            partition by {{ order_id }}, case when {{ person_key }} is null then 1 else 0 end
            order by {{ ticket_id }}
        ) > 1,
        false
    )
{%- endmacro %}

{# Whether a ticket of Eventbrite is none any more: cancelled, refunded or deleted. #}
{% macro is_void_ticket(status, cancelled, refunded) -%}
    coalesce({{ cancelled }}, 'false') = 'true'
    or coalesce({{ refunded }}, 'false') = 'true'
    or coalesce({{ status }}, '') in ('Deleted', 'Not Attending')
{%- endmacro %}

{# A name as words in lower case, each with a blank on both sides: "Event-Staff" has the words of " event staff ". #}
{% macro whole_words(name) -%}
    (' ' || trim({{ regex_replace("lower(" ~ name ~ ")", '[^a-z0-9]+', ' ') }}) || ' ')
{%- endmacro %}

{#
    Whether holders of a ticket of this class count as attendees: a label of the seed `ticket_role` that stands in its name
    as whole words decides, of several one that does not count.
#}
{% macro counted_ticket_classes(relation, class_name) -%}
    select
        classes.ticket_class,
        min(ticket_role.is_counted) as is_counted
    from (select distinct {{ class_name }} as ticket_class from {{ relation }}) as classes
    inner join {{ ref('ticket_role') }} as ticket_role
        on {{ whole_words('classes.ticket_class') }} like '%' || {{ whole_words('ticket_role.label') }} || '%'
    group by classes.ticket_class
{%- endmacro %}

{#
    Who holds a ticket, and what was said of the organisation, from a relation of landed tickets with `is_buyer_copy`. Who
    holds a ticket that somebody else bought is not known: a guest (`prefix` and the ticket), whom nobody can meet again.
#}
{% macro ticket_holder_columns(tickets, prefix) -%}
    case
        when {{ tickets }}.is_buyer_copy then '{{ prefix }}' || {{ tickets }}.id
        else coalesce({{ tickets }}.person_key, '{{ prefix }}' || {{ tickets }}.id)
    end as person_key,
    {{ tickets }}.person_key is not null and not {{ tickets }}.is_buyer_copy as is_identified,
    {{ tickets }}.is_buyer_copy,
    {{ tickets }}.organisation_name,
    {{ normalise_domain(tickets ~ '.organisation_website') }} as organisation_domain,
    {{ normalise_domain(tickets ~ '.email_domain') }} as email_domain,
    {{ normalise_postcode(tickets ~ '.organisation_postcode') }} as organisation_postcode,
    {{ tickets }}.organisation_sector,
    {{ tickets }}.consent
{%- endmacro %}
