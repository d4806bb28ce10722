select
    leverage.organisation_record_id as leverage_key,
    leverage.organisation_key,
    leverage.partner_code as partner_key,
    leverage.agreement_ref,
    leverage.tranche,
    leverage.stage,
    leverage.source_type,
    leverage.leverage_kind,
    leverage.amount_gbp,
    leverage.stage_reached_on,
    leverage.agreement_signed_on,
    leverage.intervention_ref,
    coalesce(facts.status, 'claimed') as status,
    facts.evidence_grade,
    coalesce(facts.is_counted, false) as is_counted,
    facts.not_counted_reason,
    coalesce(facts.is_as_locked, false) as is_as_locked,
    coalesce(tranches.is_possible_duplicate, false) as is_possible_duplicate,
    leverage.source_record as source_record_id
from {{ ref('int_leverage__tranche') }} as leverage
left join {{ ref('indicator_fact') }} as facts
    on
        facts.fact_key
        = case leverage.stage
            when 'realised' then 'resource_levered:'
            when 'committed' then 'resource_committed:'
        end || leverage.partner_code || ':' || leverage.record_ref
left join {{ ref('int_fact__leverage') }} as tranches
    on facts.fact_key = tranches.fact_key
order by leverage_key
