-- What the cluster bodies say of each event. If two return one platform event, the first code's return stands. Off the
-- platforms an event has no id: the same title on one day at one venue, of two bodies, is taken for one event.
with keyed as (
    select
        events.*,
        {{ returned_event_key(
            'events.platform',
            'events.platform_event_id',
            'events.held_on',
            "'returns:' || events.partner_code || ':' || events.record_ref"
        ) }} as event_key
    from {{ ref('stg_returns__events') }} as events
),

ranked as (
    select
        keyed.*,
        row_number() over (partition by event_key order by partner_code, record_ref) as return_rank
    from keyed
),

refused as (
    select distinct
        partner_code,
        source_ref
    from {{ ref('int_fact__decision') }}
    where is_decisive and indicator_key = 'event_attendees' and decision in ('rejected', 'withdrawn')
),

off_platform as (
    select
        ranked.event_key,
        ranked.partner_code,
        ranked.record_ref,
        ranked.held_on,
        ranked.venue_postcode,
        {{ whole_words('ranked.title') }} as title_words,
        -- Which of several stands for all: what the register lets stand, what is the programme's, what is signed.
        case when refused.source_ref is null then 0 else 4 end
        + case when ranked.attribution = 'wmip_funded' then 0 else 2 end
        + case when ranked.evidence = 'headcount_only' then 1 else 0 end as standing
    from ranked
    left join refused
        on ranked.partner_code = refused.partner_code and ranked.record_ref = refused.source_ref
    where ranked.return_rank = 1 and ranked.platform = 'none' and ranked.venue_postcode is not null
),

alike as (
    select
        event_key,
        partner_code,
        first_value(event_key) over (
            partition by held_on, venue_postcode, title_words order by standing, partner_code, record_ref
        ) as first_event_key,
        first_value(partner_code) over (
            partition by held_on, venue_postcode, title_words order by standing, partner_code, record_ref
        ) as first_partner_code
    from off_platform
)

select
    ranked.*,
    case when alike.partner_code <> alike.first_partner_code then alike.first_event_key end as possible_duplicate_of
from ranked
left join alike
    on ranked.event_key = alike.event_key
where ranked.return_rank = 1
