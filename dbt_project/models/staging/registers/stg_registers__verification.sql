with latest as (
    {{ latest_listed(source('registers', 'verification'), ['indicator_key', 'partner_code', 'source_ref']) }}
)

select
    latest.indicator_key,
    latest.partner_code,
    latest.source_ref,
    latest.decision,
    latest.evidence_grade,
    cast(latest.decided_on as date) as decided_on,
    latest.decided_by_role,
    latest.reason,
    coalesce(files.file_name, 'verification.csv') || '#!' || split_part(latest._source_record, ':', 2) as source_place
from latest
left join {{ ref('stg_inbox__files') }} as files
    on latest.file_sha256 = files.file_sha256 and files.kind = 'registers'
