with latest as (
    {{ latest_version(source('inbox', 'files'), ['file_sha256', 'kind']) }}
)

select
    kind,
    file_name,
    file_sha256,
    cast(size_bytes as bigint) as size_bytes,
    status,
    reason,
    rows_loaded,
    rows_quarantined,
    cast(_loaded_at as timestamp) as handled_at
from latest
