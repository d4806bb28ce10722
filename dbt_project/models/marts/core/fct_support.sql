select
    session_key as support_key,
    meeting_key,
    organisation_key,
    partner_key,
    supported_on,
    support_minutes,
    cast(support_minutes / 60.0 as decimal(12, 4)) as support_hours,
    channel,
    evidence_grade,
    is_verified,
    not_counted_reason,
    source_system,
    source_record as source_record_id
from {{ ref('int_support__session') }}
order by support_key
