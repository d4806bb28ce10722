-- What was found without a run is of the latest one.
select
    runs.run_id,
    drifts.source,
    drifts.stream,
    drifts.kind,
    drifts.column_name,
    drifts.records,
    drifts.indicators,
    drifts.message,
    runs.is_latest_run
from {{ ref('int_drift__found') }} as drifts
inner join {{ ref('source_run') }} as runs
    on
        drifts.source = runs.source
        and drifts.stream = runs.stream
        and (drifts.run_id = runs.run_id or (drifts.run_id is null and runs.is_latest_run))
order by runs.run_id, drifts.source, drifts.stream, drifts.kind, drifts.column_name, drifts.message
