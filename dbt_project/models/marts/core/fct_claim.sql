select
    claim_id as claim_key,
    participant_id as participant_key,
    project_id as project_key,
    project_number,
    organisation_key,
    is_withdrawn,
    period_number,
    period_starts_on,
    period_ends_on,
    status,
    claim_state,
    period_cost_gbp,
    costs_approved_gbp,
    approved_on,
    paid_on,
    is_final,
    source_record as source_record_id
from {{ ref('int_claim__period') }}
order by claim_key
