select
    run_id,
    source,
    stream,
    load_id,
    cast(started_at as timestamp) as started_at,
    cast(finished_at as timestamp) as finished_at,
    mode,
    status,
    rows_read,
    rows_landed,
    rows_quarantined,
    rows_deleted,
    previous_full_rows,
    cast(read_through as timestamp) as read_through,
    api_version,
    message
from {{ source('runs', 'source_run') }}
