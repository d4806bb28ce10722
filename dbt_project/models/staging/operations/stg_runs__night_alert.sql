select
    run_id,
    alert,
    scope,
    is_raised,
    is_told,
    reason
from {{ source('runs', 'night_alert') }}
