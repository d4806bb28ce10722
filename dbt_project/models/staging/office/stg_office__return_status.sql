select
    partner_code,
    period_key,
    status,
    changed_at,
    changed_by_role,
    reason,
    release_id,
    lock_key,
    row_number() over (partition by partner_code, period_key order by changed_at desc, status desc) = 1 as is_latest
from {{ source('office', 'return_status') }}
where changed_at <= {{ as_of() }}
