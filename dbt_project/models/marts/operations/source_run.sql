-- A night whose clock was fast is later than tonight, but not the latest.
with latest as (
    select max(started_at) as started_at
    from {{ ref('stg_runs__source_run') }}
    where started_at <= {{ as_of() }}
),

good as (
    select
        source,
        stream,
        max(finished_at) as last_good_read_at
    from {{ ref('stg_runs__source_run') }}
    where status in ('loaded', 'unchanged') and finished_at <= {{ as_of() }}
    group by source, stream
)

select
    runs.run_id,
    runs.source,
    runs.stream,
    runs.load_id,
    runs.started_at,
    runs.finished_at,
    runs.mode,
    runs.status,
    runs.rows_read,
    runs.rows_landed,
    runs.rows_unchanged,
    runs.rows_repeated,
    runs.rows_quarantined,
    runs.rows_deleted,
    runs.previous_full_rows,
    runs.read_through,
    runs.api_version,
    runs.message,
    runs.started_at = latest.started_at as is_latest_run,
    good.last_good_read_at,
    cast({{ dbt.datediff('good.last_good_read_at', as_of(), 'day') }} as integer) as last_good_read_age_days -- noqa: LT05
from {{ ref('stg_runs__source_run') }} as runs
cross join latest
left join good
    on runs.source = good.source and runs.stream = good.stream
order by runs.started_at, runs.run_id, runs.source, runs.stream
