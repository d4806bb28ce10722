select
    kind,
    file_name,
    file_sha256,
    size_bytes,
    status,
    reason,
    rows_loaded,
    rows_quarantined,
    handled_at
from {{ ref('stg_inbox__files') }}
order by kind, file_name, file_sha256
