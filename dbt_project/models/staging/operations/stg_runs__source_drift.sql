select
    run_id,
    source,
    stream,
    kind,
    column_name,
    records,
    indicators,
    message
from {{ source('runs', 'source_drift') }}
