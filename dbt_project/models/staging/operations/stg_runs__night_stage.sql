select
    run_id,
    cast(position as integer) as position,
    stage,
    cast(seconds as decimal(12, 3)) as seconds
from {{ source('runs', 'night_stage') }}
