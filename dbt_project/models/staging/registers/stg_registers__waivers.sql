with latest as (
    {{ latest_listed(source('registers', 'waivers'), ['check_name', 'scope_key']) }}
)

select
    check_name,
    scope_key,
    reason,
    approved_by_role,
    {{ typed('registers.waivers', 'expires_on') }} as expires_on,
    coalesce(list_name, 'waivers.csv') || '#!' || split_part(_source_record, ':', 2) as source_place
from latest
where {{ is_usable('registers.waivers') }}
