-- The figures of each event. Heads without a name: those counted beyond the persons known, never fewer than none.
with persons as (
    select
        event_key,
        person_key,
        max(case when is_attended then 1 else 0 end) as attended,
        max(case when is_registered then 1 else 0 end) as registered
    from {{ ref('int_event__attendance') }}
    group by event_key, person_key
),

identified as (
    select
        event_key,
        sum(registered) as registered_count,
        sum(attended) as attended_identified,
        sum(registered * attended) as registered_attended
    from persons
    group by event_key
),

figures as (
    select
        events.event_key,
        coalesce(identified.registered_count, 0) as registered_count,
        cast(coalesce(identified.attended_identified, 0) as integer) as attended_identified,
        coalesce(identified.registered_attended, 0) as registered_attended,
        coalesce(events.signed_in, 0) as signed_in,
        events.headcount
    from {{ ref('int_event__all') }} as events
    left join identified
        on events.event_key = identified.event_key
)

select
    event_key,
    cast(registered_count as integer) as registered_count,
    attended_identified,
    signed_in,
    greatest(coalesce(headcount, 0) - attended_identified - signed_in, 0) as unidentified_headcount,
    attended_identified + signed_in
    + greatest(coalesce(headcount, 0) - attended_identified - signed_in, 0) as total_attendances,
    case
        when registered_count > 0
            then cast(1 - registered_attended / cast(registered_count as decimal(18, 4)) as decimal(12, 4))
    end as no_show_rate
from figures
