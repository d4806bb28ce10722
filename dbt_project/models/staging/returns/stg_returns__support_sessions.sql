with current_rows as (
    {{ current_returns('support_sessions', ['session_ref']) }}
)

select
    partner_code,
    period_key,
    session_ref,
    business_ref,
    cast(supported_on as date) as supported_on,
    cast(support_hours as decimal(12, 4)) as support_hours,
    channel,
    evidence,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
