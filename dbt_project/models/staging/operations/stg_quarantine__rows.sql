select distinct
    source,
    stream,
    place,
    column_name,
    cell,
    value_class,
    reason_code,
    message,
    cast(_loaded_at as timestamp) as quarantined_at
from {{ source('quarantine', 'rows') }}
