-- Pilots and studies, and which of them are one: those of two bodies when reference and title agree. A reference alone
-- is a body's own note and joins nothing.
select
    partner_code || ':' || record_ref as intervention_key,
    partner_code,
    {{ reference_key('intervention_ref') }} as reference_key,
    {{ reference_key('record_ref') }} as record_key,
    {{ reference_key('intervention_ref') }} || '|' || coalesce({{ title_key('title') }}, partner_code) as pilot_key,
    source_place
from {{ ref('stg_returns__interventions') }}
where intervention_type in ('feasibility_study', 'pilot')
