with latest as (
    {{ latest_listed(source('registers', 'verification'), ['indicator_key', 'partner_code', 'source_ref']) }}
)

select
    indicator_key,
    partner_code,
    source_ref,
    decision,
    evidence_grade,
    {{ typed('registers.verification', 'decided_on') }} as decided_on,
    decided_by_role,
    reason,
    coalesce(list_name, 'verification.csv') || '#!' || split_part(_source_record, ':', 2) as source_place
from latest
where {{ is_usable('registers.verification') }}
