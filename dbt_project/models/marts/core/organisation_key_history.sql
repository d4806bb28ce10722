select
    event_key,
    happened_at,
    change,
    old_organisation_key,
    new_organisation_key,
    current_organisation_key,
    cast(record_count as bigint) as record_count,
    reason,
    match_method,
    match_probability,
    cast(decision_number as bigint) as decision_number
from {{ ref('int_organisation__key_event') }}
order by happened_at, old_organisation_key, new_organisation_key
