with latest as (
    {{ latest_listed(source('registers', 'claims'), ['partner_code', 'period_key']) }}
)

select
    partner_code,
    period_key,
    {{ typed('registers.claims', 'eligible_spend_gbp') }} as eligible_spend_gbp,
    {{ typed('registers.claims', 'intervention_rate') }} as intervention_rate,
    coalesce({{ typed('registers.claims', 'paid_gbp') }}, 0) as paid_gbp,
    defrayal_evidence = 'yes' as has_defrayal_evidence,
    coalesce(list_name, 'claims.csv') || '#!' || split_part(_source_record, ':', 2) as source_place
from latest
where {{ is_usable('registers.claims') }}
