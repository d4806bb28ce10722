select
    run_id,
    position,
    stage,
    seconds
from {{ ref('stg_runs__night_stage') }}
order by run_id, position
