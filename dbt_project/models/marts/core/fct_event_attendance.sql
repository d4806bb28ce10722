with persons as (
    select
        event_key,
        person_key,
        min(organisation_key) as organisation_key,
        max(case when is_registered then 1 else 0 end) = 1 as is_registered,
        max(case when is_checked_in then 1 else 0 end) = 1 as is_checked_in,
        cast(sum(attended_minutes) as decimal(12, 4)) as attended_minutes,
        max(case when is_attended then 1 else 0 end) = 1 as is_attended,
        cast(count(*) as integer) as ticket_count
    from {{ ref('int_event__attendance') }}
    group by event_key, person_key
)

select
    persons.event_key,
    persons.person_key,
    persons.organisation_key,
    persons.is_registered,
    persons.is_checked_in,
    persons.attended_minutes,
    persons.is_attended,
    events.mode,
    persons.ticket_count
from persons
inner join {{ ref('int_event__all') }} as events
    on persons.event_key = events.event_key
order by persons.event_key, persons.person_key
