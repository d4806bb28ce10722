select
    run_id,
    alert,
    scope,
    is_raised,
    is_told,
    reason
from {{ ref('stg_runs__night_alert') }}
order by run_id, alert, scope
