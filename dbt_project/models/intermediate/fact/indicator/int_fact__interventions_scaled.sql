select
    'interventions_scaled' as indicator_key,
    'interventions_scaled:' || origins.intervention_key as fact_key,
    origins.origin_unit_key as unit_key,
    coalesce(interventions.new_funding_confirmed_on, periods.ends_on) as achieved_on,
    interventions.partner_code as partner_key,
    cast(null as varchar) as organisation_key,
    coalesce(clusters.cluster_key, 'unknown') as cluster_key,
    'unknown' as local_authority_code,
    cast(1 as decimal(18, 4)) as eligible_quantity,
    cast(1 as decimal(18, 4)) as claimed_quantity,
    interventions.record_status in ('withdrawn', 'terminated_before_spend') as is_withdrawn,
    interventions.evidence,
    case
        when
            interventions.new_funding_confirmed_on is null
            or coalesce(interventions.new_funding_gbp, 0) <= 0
            or interventions.new_funding_gbp < coalesce({{ optional_parameter('min_scale_gbp') }}, 0)
            or not interventions.is_pilot_completed
            then 'conditions_not_met'
    end as ineligible_reason,
    interventions.record_ref as source_ref,
    'returns' as source_system,
    interventions.source_record as source_record_id,
    interventions.source_place
from {{ ref('stg_returns__interventions') }} as interventions
inner join {{ ref('int_intervention__origin') }} as origins
    on interventions.partner_code || ':' || interventions.record_ref = origins.intervention_key
inner join {{ ref('int_period__calendar') }} as periods
    on interventions.period_key = periods.period_key
left join {{ ref('cluster') }} as clusters
    on interventions.cluster_tag = clusters.cluster_key
