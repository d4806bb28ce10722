select
    organisation_key,
    source_system,
    source_record_id,
    match_method,
    match_probability
from {{ ref('int_organisation__resolved') }}
order by source_system, source_record_id
