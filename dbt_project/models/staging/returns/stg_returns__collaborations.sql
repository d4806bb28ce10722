with current_rows as (
    {{ current_records('collaborations') }}
)

select
    partner_code,
    period_key,
    record_ref,
    reference as collaboration_ref,
    partner_code || ':' || record_ref as collaboration_key,
    title,
    purpose,
    kind as collaboration_kind,
    -- What stands for no reference joins nothing.
    case
        when {{ reference_key('agreement_ref') }} not in ('N/A', 'NA', 'NONE', 'TBC', 'TBA', '-', '?')
            then {{ reference_key('agreement_ref') }}
    end as agreement_ref,
    {{ typed('returns.collaborations', 'agreed_on') }} as agreed_on,
    caused_by_programme = 'yes' as is_caused_by_programme,
    status as record_status,
    evidence,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
