select
    check_name,
    scope_key,
    reason,
    approved_by_role,
    expires_on,
    expires_on >= cast({{ as_of() }} as date) as is_in_force
from {{ ref('stg_registers__waivers') }}
order by check_name, scope_key
