select distinct
    source,
    stream,
    place,
    cell,
    rule,
    severity,
    message,
    cast(_loaded_at as timestamp) as found_at
from {{ source('findings', 'rows') }}
