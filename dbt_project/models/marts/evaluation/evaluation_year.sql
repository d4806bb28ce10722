select
    assumption_set,
    assumption_set_version,
    assumption_set_sha256,
    spatial_level,
    scenario,
    year,
    financial_year,
    discount_factor,
    modelled_net_fte,
    modelled_gva_gbp,
    modelled_gva_present_value_gbp,
    programme_cost_gbp,
    programme_cost_present_value_gbp,
    price_base,
    evidence_rating,
    status,
    assurance_status
from {{ source('evaluated', 'evaluation_year') }}
order by assumption_set, spatial_level, scenario, year
