with latest as (
    {{ latest_listed(source('registers', 'waivers'), ['check_name', 'scope_key']) }}
)

select
    check_name,
    scope_key,
    reason,
    approved_by_role,
    cast(expires_on as date) as expires_on
from latest
