-- What bodies returned beside what event platforms and CRMs hold: of an event, and of a business in a quarter.
with compared as (
    select
        'event:' || event_key as reconciliation_key,
        'attendances' as measure,
        partner_key,
        period_key,
        event_key,
        cast(null as varchar) as organisation_key,
        held_in,
        is_held,
        is_returned,
        has_return,
        cast(returned_quantity as decimal(18, 4)) as returned_quantity,
        cast(held_quantity as decimal(18, 4)) as held_quantity,
        coalesce({{ optional_parameter('reconciled_attendance_share') }}, 0) as tolerated_share,
        false as has_other_days,
        returned_place
    from {{ ref('int_reconciliation__event') }}
    union all
    select
        'support:' || partner_key || ':' || organisation_key || ':' || period_key as reconciliation_key,
        'support_hours' as measure,
        partner_key,
        period_key,
        cast(null as varchar) as event_key,
        organisation_key,
        held_in,
        is_held,
        is_returned,
        has_return,
        returned_quantity,
        held_quantity,
        coalesce({{ optional_parameter('reconciled_support_share') }}, 0) as tolerated_share,
        has_other_days,
        returned_place
    from {{ ref('int_reconciliation__support') }}
),

measured as (
    select
        compared.*,
        returned_quantity - held_quantity as gap,
        cast(tolerated_share * held_quantity as decimal(18, 4)) as tolerance
    from compared
),

judged as (
    select
        measured.*,
        case
            when not is_held then 'only_returned'
            when not is_returned and partner_key is not null and not has_return then 'awaiting_return'
            when not is_returned then 'only_held'
            when returned_quantity is null then 'no_figure'
            when gap = 0 and not has_other_days then 'agrees'
            when abs(gap) <= tolerance and not has_other_days then 'within_tolerance'
            else 'differs'
        end as agreement,
        case
            when measure = 'attendances' then cast(cast(returned_quantity as integer) as varchar)
            else cast(cast(returned_quantity as decimal(18, 2)) as varchar)
        end as returned_text,
        case
            when measure = 'attendances' then cast(cast(held_quantity as integer) as varchar)
            else cast(cast(held_quantity as decimal(18, 2)) as varchar)
        end as held_text
    from measured
)

select
    reconciliation_key,
    measure,
    partner_key,
    period_key,
    event_key,
    organisation_key,
    held_in,
    returned_quantity,
    held_quantity,
    gap,
    tolerance,
    agreement,
    coalesce(partner_key, 'programme office') as owner,
    case
        when agreement = 'differs' and measure = 'attendances'
            then
                'The return says that ' || returned_text || ' came, ' || held_in || ' knows ' || held_text
                || ': correct the sheet or the check-ins; if the sheet holds walk-ins only, say so under Sheet holds.'
        when agreement = 'only_returned' and measure = 'attendances'
            then
                held_in || ' holds no such event: correct its id (of a meeting the title and the day), or hand its '
                || 'report in.'
        when agreement = 'only_held' and measure = 'attendances' and partner_key is null
            then 'Nobody returned this event of ' || held_in || ': find the body whose it is.'
        when agreement = 'only_held' and measure = 'attendances'
            then 'Return this event of ' || held_in || ', with its attribution.'
        -- Support may stand in one of the two: it counts from there.
        when agreement = 'differs'
            then
                'The return says ' || returned_text || ' hours of this business, ' || held_in || ' ' || held_text
                || ', of which those of one day count once and those of different days each: take out what was '
                || 'entered twice, correct what is wrong.'
    end as task,
    returned_place
from judged
order by reconciliation_key
