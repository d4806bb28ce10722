select
    left_organisation_key,
    right_organisation_key,
    left_source_system,
    left_source_record_id,
    right_source_system,
    right_source_record_id,
    match_method,
    match_probability,
    evidence,
    state
from {{ ref('int_organisation__link') }}
order by left_source_system, left_source_record_id, right_source_system, right_source_record_id, match_method
