select
    assumption_set,
    assumption_set_version,
    assumption_set_sha256,
    evaluated_on,
    candidate_fingerprint,
    gate_status,
    gross_verified_fte,
    gross_claimed_fte,
    modelled_rows,
    missing_rows,
    problems,
    discount_table,
    discount_source,
    horizon_years,
    horizon_flag,
    simulation_draws,
    simulation_seed,
    analyst,
    assurer,
    assurance_status,
    assurance_reason
from {{ source('evaluated', 'evaluation_run') }}
order by assumption_set
