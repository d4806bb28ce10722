select
    claims.partner_key || ':' || claims.record_ref as job_key,
    claims.organisation_key,
    claims.partner_key,
    claims.post_ref,
    claims.achieved_on as started_on,
    claims.claimed_quantity as post_hours,
    cast(facts.claimed_quantity as decimal(12, 4)) as post_fte,
    claims.baseline_fte,
    claims.follow_up_fte,
    facts.exact_quantity as counted_hours,
    cast(facts.quantity as decimal(12, 4)) as counted_fte,
    facts.is_counted,
    facts.not_counted_reason,
    facts.status,
    facts.evidence_grade,
    claims.local_authority_code,
    claims.source_record_id
from {{ ref('int_claim__jobs_created') }} as claims
inner join {{ ref('indicator_fact') }} as facts
    on claims.fact_key = facts.fact_key
order by job_key
