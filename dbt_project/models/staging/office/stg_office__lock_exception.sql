select
    partner_code,
    period_key,
    indicator_key,
    granted_at,
    expires_on,
    approved_by_role,
    reason,
    expires_on >= cast({{ as_of() }} as date) as is_in_force
from {{ source('office', 'lock_exception') }}
where granted_at <= {{ as_of() }}
