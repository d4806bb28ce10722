select
    assumption_set,
    assumption_set_version,
    assumption_set_sha256,
    spatial_level,
    assumption_name,
    unit,
    central_value,
    switching_value,
    relative_change,
    is_within_range,
    outcome,
    price_base,
    evidence_rating,
    status,
    assurance_status
from {{ source('evaluated', 'evaluation_switching_value') }}
order by assumption_set, spatial_level, assumption_name
