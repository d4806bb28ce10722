-- The figures of each event. A signed sheet is taken to hold everybody, those whom the platform knows too, unless the
-- body says that it holds walk-ins: then its names come on top. Heads without a name are those counted beyond both.
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

named as (
    select
        events.event_key,
        coalesce(identified.registered_count, 0) as registered_count,
        cast(coalesce(identified.attended_identified, 0) as integer) as attended_identified,
        coalesce(identified.registered_attended, 0) as registered_attended,
        cast(
            case
                when events.sheet_holds = 'walk_ins' then coalesce(events.signed_in, 0)
                else greatest(coalesce(events.signed_in, 0) - coalesce(identified.attended_identified, 0), 0)
            end
            as integer
        ) as signed_in,
        coalesce(events.headcount, 0) as headcount
    from {{ ref('int_event__all') }} as events
    left join identified
        on events.event_key = identified.event_key
),

figures as (
    select
        named.*,
        greatest(headcount - attended_identified - signed_in, 0) as unidentified_headcount
    from named
)

select
    event_key,
    cast(registered_count as integer) as registered_count,
    attended_identified,
    signed_in,
    unidentified_headcount,
    attended_identified + signed_in + unidentified_headcount as total_attendances,
    unidentified_headcount
    > {{ parameter('unidentified_share_limit') }} * (attended_identified + signed_in + unidentified_headcount)
        as is_above_unidentified_limit,
    case
        when registered_count > 0
            then cast(1 - registered_attended / cast(registered_count as decimal(18, 4)) as decimal(12, 4))
    end as no_show_rate
from figures
