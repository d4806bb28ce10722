-- What the cluster bodies say of each event. If two return one platform event, the first code's return stands.
with ranked as (
    select
        events.*,
        case
            when platform = 'eventbrite' then 'eventbrite:' || platform_event_id
            else 'returns:' || partner_code || ':' || event_ref
        end as event_key,
        row_number() over (
            partition by
                platform,
                case when platform = 'eventbrite' then platform_event_id else partner_code || ':' || event_ref end
            order by partner_code, event_ref
        ) as return_rank
    from {{ ref('stg_returns__events') }} as events
)

select *
from ranked
where return_rank = 1
