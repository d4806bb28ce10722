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
    {{ typed('returns.interventions', 'agreement_signed_on') }} as agreement_signed_on,
    {{ typed('returns.interventions', 'award_gbp') }} as award_gbp,
    status as record_status,
    {{ typed('returns.interventions', 'new_funding_gbp') }} as new_funding_gbp,
    new_funding_source,
    {{ typed('returns.interventions', 'new_funding_confirmed_on') }} as new_funding_confirmed_on,
    coalesce(pilot_completed, 'no') = 'yes' as is_pilot_completed,
    evidence,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
