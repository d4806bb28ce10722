select
    files.kind,
    files.file_name,
    files.file_sha256,
    files.size_bytes,
    files.status,
    files.reason,
    files.rows_loaded,
    files.rows_quarantined,
    files.handled_at,
    fetched.publisher_name as published_by,
    fetched.licence,
    fetched.url as fetched_from
from {{ ref('stg_inbox__files') }} as files
left join {{ ref('stg_threesixtygiving__fetched_files') }} as fetched
    on files.file_sha256 = fetched.file_sha256
order by files.kind, files.file_name, files.file_sha256
