-- An event of the programme's quarters that its platform holds, or that a body returned as held there. Grain: event.
select
    events.event_key,
    periods.period_key,
    events.partner_key,
    case when events.source_system = 'returns' then returned.platform else events.source_system end as held_in,
    events.source_system <> 'returns' as is_held,
    returned.event_key is not null as is_returned,
    submissions.file_sha256 is not null as has_return,
    -- A sheet of walk-ins holds those whom the platform does not.
    case
        when returned.sheet_holds = 'walk_ins' then returned.headcount
        else coalesce(returned.signed_in, returned.headcount)
    end as returned_quantity,
    case when events.source_system <> 'returns' then counted.attended_identified end as held_quantity,
    returned.source_place as returned_place
from {{ ref('int_event__all') }} as events
inner join {{ ref('int_event__counted') }} as counted
    on events.event_key = counted.event_key
inner join {{ ref('int_period__calendar') }} as periods
    on periods.is_programme_period and events.starts_on between periods.starts_on and periods.ends_on
left join {{ ref('int_event__returned') }} as returned
    on events.event_key = returned.event_key
left join {{ ref('stg_returns__submissions') }} as submissions
    on
        events.partner_key = submissions.partner_code
        and periods.period_key = submissions.period_key
        and submissions.is_current
where
    (events.source_system <> 'returns' or returned.platform <> 'none')
    and (returned.event_key is not null or not events.is_cancelled)
