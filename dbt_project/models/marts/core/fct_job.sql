select
    claims.partner_key || ':' || claims.record_ref as job_key,
    claims.organisation_key,
    claims.partner_key,
    claims.post_ref,
    claims.achieved_on as started_on,
    cast(claims.eligible_quantity as decimal(12, 4)) as post_fte,
    claims.baseline_fte,
    claims.follow_up_fte,
    cast(case when facts.final_reason is null then facts.allowed_quantity else 0 end as decimal(12, 4)) as counted_fte,
    facts.final_reason is null as is_counted,
    facts.final_reason as not_counted_reason,
    facts.status,
    facts.evidence_grade,
    claims.local_authority_code,
    claims.source_record_id
from {{ ref('int_claim__jobs_created') }} as claims
inner join {{ ref('int_fact__settled') }} as facts
    on claims.fact_key = facts.fact_key
order by job_key
