select
    partner_code as partner_key,
    period_key,
    status,
    changed_at,
    changed_by_role,
    reason,
    release_id,
    is_latest
from {{ ref('int_return__status') }}
order by period_key, partner_key, changed_at, status
