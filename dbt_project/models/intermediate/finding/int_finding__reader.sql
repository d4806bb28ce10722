{{ config(materialized='view') }}

-- What readers said of rows: those they refused, and those they let pass with a remark.
select
    source,
    stream,
    place,
    cell,
    reason_code as rule,
    'error' as severity,
    message,
    cast(null as varchar) as partner_code,
    quarantined_at as found_at
from {{ ref('stg_quarantine__rows') }}
union all
select
    source,
    stream,
    place,
    cell,
    rule,
    severity,
    message,
    cast(null as varchar) as partner_code,
    found_at
from {{ ref('stg_findings__rows') }}
