with current_rows as (
    {{ current_returns('collaborations', ['collaboration_ref']) }}
)

select
    partner_code,
    period_key,
    collaboration_ref,
    partner_code || ':' || collaboration_ref as collaboration_key,
    title,
    purpose,
    kind as collaboration_kind,
    upper(trim(agreement_ref)) as agreement_ref,
    cast(agreed_on as date) as agreed_on,
    caused_by_programme = 'yes' as is_caused_by_programme,
    status as record_status,
    evidence,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
