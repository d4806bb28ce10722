select
    assumption_set,
    assumption_set_version,
    assumption_set_sha256,
    spatial_level,
    scenario,
    measure,
    unit,
    gross_verified_fte,
    modelled_value,
    missing,
    form,
    pv_base,
    discount_table,
    price_base,
    evidence_rating,
    status,
    assurance_status
from {{ source('evaluated', 'evaluation_result') }}
order by assumption_set, spatial_level, scenario, measure
