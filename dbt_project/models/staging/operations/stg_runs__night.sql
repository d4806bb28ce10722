select
    run_id,
    night_number,
    cast(clock as timestamp) as clock,
    cast(started_at as timestamp) as started_at,
    cast(ended_at as timestamp) as ended_at,
    outcome,
    release_id,
    serving_release_id,
    reason,
    blocked_by,
    sources_not_read,
    returns_late,
    notice
from {{ source('runs', 'night') }}
