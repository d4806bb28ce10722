-- What is locked tonight. An unlocked quarter went back to another status.
select
    partner_code as partner_key,
    period_key,
    lock_key,
    changed_at as locked_at,
    changed_by_role as locked_by_role,
    reason,
    release_id
from {{ ref('stg_office__return_status') }}
where is_latest and status = 'locked'
