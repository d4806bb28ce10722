select
    drifts.run_id,
    drifts.source,
    drifts.stream,
    drifts.kind,
    drifts.column_name,
    drifts.records,
    drifts.indicators,
    drifts.message,
    runs.is_latest_run
from {{ ref('stg_runs__source_drift') }} as drifts
inner join {{ ref('source_run') }} as runs
    on drifts.run_id = runs.run_id and drifts.source = runs.source and drifts.stream = runs.stream
order by run_id, source, stream, kind, column_name, message
