with latest as (
    {{ latest_listed(source('registers', 'partners'), ['partner_code']) }}
)

select
    partner_code,
    name as partner_name,
    cluster_key,
    {{ typed('registers.partners', 'activity_starts_on') }} as activity_starts_on,
    eventbrite_organization_id,
    coalesce(list_name, 'partners.csv') || '#!' || split_part(_source_record, ':', 2) as source_place
from latest
where {{ is_usable('registers.partners') }}
