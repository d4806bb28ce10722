-- What shows when returned events are put beside each other and beside the platforms.
with returned as (
    select
        events.record_ref as event_ref,
        events.partner_code,
        events.held_on,
        events.title,
        events.venue_postcode,
        events.platform,
        events.source_place,
        {{ returned_event_key(
            'events.platform',
            'events.platform_event_id',
            'events.held_on',
            "'returns:' || events.partner_code || ':' || events.record_ref"
        ) }} as event_key
    from {{ ref('stg_returns__events') }} as events
),

standing as (
    select
        events.event_key,
        events.partner_key as partner_code,
        events.event_ref,
        events.source_place,
        events.source_system,
        events.signed_in,
        events.sheet_holds,
        events.possible_duplicate_of,
        counted.attended_identified,
        counted.is_above_unidentified_limit
    from {{ ref('int_event__all') }} as events
    inner join {{ ref('int_event__counted') }} as counted
        on events.event_key = counted.event_key
    where events.event_ref is not null
),

-- A report of Eventbrite has no day, so that an event that no return names is in no period: its tickets wait for one.
waiting as (
    select
        tickets.event_id,
        min(tickets.source_place) as source_place,
        count(*) as ticket_count
    from {{ ref('stg_eventbrite__attendees') }} as tickets
    left join {{ ref('int_event__all') }} as events
        on 'eventbrite:' || tickets.event_id = events.event_key
    where tickets.is_from_report and events.event_key is null
    group by tickets.event_id
),

found as (
    select
        source_place,
        partner_code,
        'sheet_above_platform' as rule,
        'warning' as severity,
        'The platform knows ' || cast(attended_identified as varchar) || ' who came, the signed sheet '
        || cast(signed_in as varchar) || ': the sheet is taken to hold everybody, and its number counts. If it holds '
        || 'walk-ins only, say so under Sheet holds.' as message
    from standing
    where source_system <> 'returns' and sheet_holds = 'everybody' and signed_in > attended_identified
    union all
    select
        source_place,
        partner_code,
        'unidentified_above_limit' as rule,
        'warning' as severity,
        'Heads without a name are a larger share of the attendances than may count, and do not. Send the signed sheet.'
            as message
    from standing
    where is_above_unidentified_limit
    union all
    select
        standing.source_place,
        standing.partner_code,
        'platform_event_unknown' as rule,
        'warning' as severity,
        'Nothing was read of this event of the platform: only the sheet and the heads of this row count. Correct the '
        || 'id (of a meeting the title and the day too), or hand the report in.' as message
    from standing
    inner join returned
        on standing.event_key = returned.event_key and standing.source_place = returned.source_place
    where standing.source_system = 'returns' and returned.platform <> 'none'
    union all
    select
        standing.source_place,
        standing.partner_code,
        'possible_duplicate' as rule,
        'warning' as severity,
        other.partner_code || ' returned an event of this title, day and venue too (' || other.event_ref
        || '): that one counts, this one does not. If they are two events, give them titles that differ.' as message
    from standing
    inner join standing as other
        on standing.possible_duplicate_of = other.event_key
    union all
    select
        returned.source_place,
        returned.partner_code,
        'returned_twice' as rule,
        'warning' as severity,
        'This event of the platform is returned by ' || standing.partner_code || ' too (' || standing.event_ref
        || '), whose row stands; this one does not count.' as message
    from returned
    inner join standing
        on returned.event_key = standing.event_key
    where returned.partner_code <> standing.partner_code or returned.event_ref <> standing.event_ref
    union all
    -- Without a venue, or of one body, it may as well be two events: both count.
    select
        returned.source_place,
        returned.partner_code,
        'possible_duplicate' as rule,
        'note' as severity,
        'Another event of this title and day is returned, and both count; withdraw one if they are the same.' as message
    from returned
    where
        returned.platform = 'none'
        and exists (
            select 1 from returned as other
            where
                other.platform = 'none'
                and returned.event_key <> other.event_key
                and returned.held_on = other.held_on
                and {{ whole_words('returned.title') }} = {{ whole_words('other.title') }}
                and coalesce(returned.venue_postcode, '') = coalesce(other.venue_postcode, '')
                and (returned.venue_postcode is null or returned.partner_code = other.partner_code)
        )
)

select
    'returns' as source,
    'events' as stream,
    source_place as place,
    cast(null as varchar) as cell,
    rule,
    severity,
    message,
    partner_code
from found
union all
select
    'eventbrite_report' as source,
    'attendees' as stream,
    source_place as place,
    cast(null as varchar) as cell,
    'event_not_returned' as rule,
    'warning' as severity,
    'The event ' || event_id || ' is in no return: its ' || cast(ticket_count as varchar)
    || ' tickets count nowhere until a body returns it with this id.' as message,
    cast(null as varchar) as partner_code
from waiting
