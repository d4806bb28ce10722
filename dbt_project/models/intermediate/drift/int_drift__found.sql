{{ config(materialized='view') }}

-- What readers found in a run, and what shows only in what is landed now (no run): labels of CRMs, which a seed knows.
-- What is long, has digits or is rare may be what somebody wrote, not a choice: it is not shown.
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
)

select
    run_id,
    source,
    stream,
    kind,
    column_name,
    records,
    indicators,
    message
from {{ ref('stg_runs__source_drift') }}
union all
select
    cast(null as varchar) as run_id,
    source,
    stream,
    'unknown_value' as kind,
    column_name,
    cast(sum(records) as bigint) as records,
    'businesses_assisted' as indicators,
    message
from labels
group by source, stream, column_name, message
