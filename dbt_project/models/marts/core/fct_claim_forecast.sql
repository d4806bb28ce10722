select
    profile_id as claim_forecast_key,
    participant_id as participant_key,
    project_id as project_key,
    organisation_key,
    period_number,
    period_starts_on,
    period_ends_on,
    cost_category,
    forecast_cost_gbp,
    source_record as source_record_id
from {{ ref('int_claim__forecast') }}
order by claim_forecast_key
