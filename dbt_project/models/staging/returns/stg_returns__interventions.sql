with current_rows as (
    {{ current_records('interventions') }}
)

select
    partner_code,
    period_key,
    record_ref,
    reference as intervention_ref,
    title,
    intervention_type,
    origin_pilot_ref,
    cluster_tag,
    cast(agreement_signed_on as date) as agreement_signed_on,
    cast(award_gbp as decimal(18, 2)) as award_gbp,
    status as record_status,
    cast(new_funding_gbp as decimal(18, 2)) as new_funding_gbp,
    new_funding_source,
    cast(new_funding_confirmed_on as date) as new_funding_confirmed_on,
    coalesce(pilot_completed, 'no') = 'yes' as is_pilot_completed,
    evidence,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
