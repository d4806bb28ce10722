-- A person of an event: who joined, and who had registered by the day it was held. Registration is of the meeting, so
-- of each time it is held.
with held as (
    select distinct
        event_key,
        meeting_id,
        starts_on
    from {{ ref('stg_zoom__meetings') }}
),

registered as (
    select
        held.event_key,
        registrants.person_key,
        min(registrants.registrant_id) as registrant_id,
        min(registrants.source_record) as source_record,
        min(registrants.source_place) as source_place
    from {{ ref('stg_zoom__registrants') }} as registrants
    inner join held
        on
            registrants.meeting_id = held.meeting_id
            and {{ programme_day('registrants.created_at') }} <= held.starts_on
    group by held.event_key, registrants.person_key
),

joined as (
    select *
    from {{ ref('int_event__attended_minutes') }}
    where source_system = 'zoom'
),

persons as (
    select
        coalesce(joined.event_key, registered.event_key) as event_key,
        coalesce(joined.person_key, registered.person_key) as person_key,
        coalesce(joined.is_identified, true) as is_identified,
        registered.person_key is not null as is_registered,
        registered.registrant_id,
        joined.attended_minutes,
        coalesce(joined.source_record, registered.source_record) as source_record,
        coalesce(joined.source_place, registered.source_place) as source_place
    from joined
    full outer join registered
        on joined.event_key = registered.event_key and joined.person_key = registered.person_key
    where coalesce(joined.is_counted_role, true)
)

select
    event_key || ':' || person_key as attendee_id,
    event_key,
    person_key,
    is_identified,
    'zoom' as source_system,
    registrant_id as organisation_record_id,
    is_registered,
    false as is_checked_in,
    attended_minutes,
    'platform_join_log' as evidence,
    source_record,
    source_place
from persons
