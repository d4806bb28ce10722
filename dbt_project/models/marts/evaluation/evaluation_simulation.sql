select
    assumption_set,
    assumption_set_version,
    assumption_set_sha256,
    spatial_level,
    measure,
    unit,
    draws,
    statistic,
    modelled_value,
    modelled_standard_error,
    seed,
    is_final,
    price_base,
    evidence_rating,
    status,
    assurance_status
from {{ source('evaluated', 'evaluation_simulation') }}
order by assumption_set, spatial_level, measure, draws, statistic
