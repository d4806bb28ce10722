select
    source,
    stream,
    place,
    column_name,
    cell,
    value_class,
    reason_code,
    message,
    quarantined_at
from {{ ref('stg_quarantine__rows') }}
order by source, stream, place, column_name, reason_code
