with current_rows as (
    {{ current_records('support_sessions', 'stg_returns__part_record') }}
)

select
    partner_code,
    period_key,
    record_ref,
    reference as session_ref,
    parent_ref as business_record_ref,
    {{ typed('returns.support_sessions', 'supported_on') }} as supported_on,
    {{ whole_minutes(typed('returns.support_sessions', 'support_hours') ~ ' * 60') }} as support_minutes,
    channel,
    -- Advice that all may read or hear is no support of one business (domain.md 2.1 R8).
    channel in ('online', 'written') and coalesce(specific_advice, 'yes') = 'no' as is_generic_advice,
    evidence,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
