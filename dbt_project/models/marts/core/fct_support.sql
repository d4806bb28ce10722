select
    session_key as support_key,
    organisation_key,
    partner_key,
    supported_on,
    support_hours,
    channel,
    evidence_grade,
    is_verified,
    source_system,
    source_record as source_record_id
from {{ ref('int_support__session') }}
order by support_key
