with persons as (
    select
        event_key,
        person_key,
        min(organisation_key) as organisation_key,
        max(case when is_registered then 1 else 0 end) = 1 as is_registered,
        max(case when is_checked_in then 1 else 0 end) = 1 as is_checked_in,
        cast(sum(attended_minutes) as decimal(12, 4)) as attended_minutes,
        max(case when is_attended then 1 else 0 end) = 1 as is_attended,
        max(case when is_identified then 1 else 0 end) = 1 as is_identified,
        cast(count(*) as integer) as ticket_count
    from {{ ref('int_event__attendance') }}
    group by event_key, person_key
),

-- Only events that the programme funded make a first time.
visits as (
    select
        persons.event_key,
        persons.person_key,
        row_number() over (
            partition by persons.person_key order by events.starts_on, persons.event_key
        ) = 1 as is_first_time
    from persons
    inner join {{ ref('int_event__all') }} as events
        on persons.event_key = events.event_key
    where
        persons.is_attended
        and persons.is_identified
        and events.attribution = 'wmip_funded'
        and not events.is_cancelled
)

select
    persons.event_key,
    persons.person_key,
    persons.organisation_key,
    persons.is_registered,
    persons.is_checked_in,
    persons.attended_minutes,
    persons.is_attended,
    visits.is_first_time,
    events.mode,
    persons.ticket_count
from persons
inner join {{ ref('int_event__all') }} as events
    on persons.event_key = events.event_key
left join visits
    on persons.event_key = visits.event_key and persons.person_key = visits.person_key
order by persons.event_key, persons.person_key
