-- Labels of CRMs are known by a seed, so they are compared as they are landed now. What is long, has digits or is rare
-- may be what somebody wrote, not a choice: it is not shown.
with labels as (
    select
        source,
        stream,
        column_name,
        records,
        column_name || ' holds '
        || case
            when records < 3 or length(label) > 40 or label <> translate(label, '0123456789', '')
                then 'a rare or long value'
            else '''' || label || ''''
        end
        || ', which the seed crm_value does not know: it counts for nothing until it does' as message
    from {{ ref('int_crm__unknown_label') }}
),

drifts as (
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
    from {{ ref('stg_runs__source_drift') }} as drifts
    inner join {{ ref('source_run') }} as runs
        on drifts.run_id = runs.run_id and drifts.source = runs.source and drifts.stream = runs.stream
    union all
    select
        runs.run_id,
        labels.source,
        labels.stream,
        'unknown_value' as kind,
        labels.column_name,
        cast(sum(labels.records) as bigint) as records,
        'businesses_assisted' as indicators,
        labels.message,
        runs.is_latest_run
    from labels
    inner join {{ ref('source_run') }} as runs
        on labels.source = runs.source and labels.stream = runs.stream and runs.is_latest_run
    group by runs.run_id, labels.source, labels.stream, labels.column_name, labels.message, runs.is_latest_run
)

select *
from drifts
order by run_id, source, stream, kind, column_name, message
