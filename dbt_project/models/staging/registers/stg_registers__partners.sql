with latest as (
    {{ latest_listed(source('registers', 'partners'), ['partner_code']) }}
)

select
    partner_code,
    name as partner_name,
    cluster_key,
    cast(activity_starts_on as date) as activity_starts_on,
    eventbrite_organization_id
from latest
