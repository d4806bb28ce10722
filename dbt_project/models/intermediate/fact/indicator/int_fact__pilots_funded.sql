select
    'pilots_funded' as indicator_key,
    'pilots_funded:' || pilots.intervention_key as fact_key,
    pilots.pilot_key as unit_key,
    interventions.agreement_signed_on as achieved_on,
    interventions.partner_code as partner_key,
    cast(null as varchar) as organisation_key,
    coalesce(clusters.cluster_key, 'unknown') as cluster_key,
    'unknown' as local_authority_code,
    cast(1 as decimal(18, 4)) as eligible_quantity,
    cast(1 as decimal(18, 4)) as claimed_quantity,
    interventions.record_status in ('withdrawn', 'terminated_before_spend') as is_withdrawn,
    interventions.evidence,
    cast(null as varchar) as ineligible_reason,
    interventions.record_ref as source_ref,
    'returns' as source_system,
    interventions.source_record as source_record_id,
    interventions.source_place
from {{ ref('stg_returns__interventions') }} as interventions
inner join {{ ref('int_intervention__pilot') }} as pilots
    on interventions.partner_code || ':' || interventions.record_ref = pilots.intervention_key
left join {{ ref('cluster') }} as clusters
    on interventions.cluster_tag = clusters.cluster_key
