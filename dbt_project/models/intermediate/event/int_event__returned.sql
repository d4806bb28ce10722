-- What the cluster bodies say of each event. If two return one platform event, the first code's return stands.
with keyed as (
    select
        events.*,
        {{ returned_event_key(
            'events.platform',
            'events.platform_event_id',
            'events.held_on',
            "'returns:' || events.partner_code || ':' || events.event_ref"
        ) }} as event_key
    from {{ ref('stg_returns__events') }} as events
),

ranked as (
    select
        keyed.*,
        row_number() over (partition by event_key order by partner_code, event_ref) as return_rank
    from keyed
)

select *
from ranked
where return_rank = 1
