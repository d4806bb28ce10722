select
    partner_code || ':' || record_ref as intervention_key,
    intervention_ref,
    title,
    intervention_type,
    origin_pilot_ref,
    partner_code as partner_key,
    agreement_signed_on as starts_on,
    new_funding_confirmed_on,
    award_gbp,
    new_funding_gbp,
    record_status as status,
    'wmip_funded' as attribution,
    source_record as source_record_id
from {{ ref('stg_returns__interventions') }}
order by intervention_key
