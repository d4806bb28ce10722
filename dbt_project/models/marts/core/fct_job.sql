select
    posts.partner_key || ':' || posts.record_ref as job_key,
    posts.organisation_key,
    posts.partner_key,
    posts.post_ref,
    posts.achieved_on as started_on,
    posts.claimed_quantity as post_hours,
    cast(facts.claimed_quantity as decimal(12, 4)) as post_fte,
    posts.baseline_fte,
    posts.follow_up_fte,
    facts.exact_quantity as counted_hours,
    cast(facts.quantity as decimal(12, 4)) as counted_fte,
    facts.is_counted,
    facts.not_counted_reason,
    facts.is_as_locked,
    facts.status,
    facts.evidence_grade,
    posts.local_authority_code,
    posts.postcode_source,
    posts.source_record_id
from {{ ref('int_fact__jobs_created') }} as posts
inner join {{ ref('indicator_fact') }} as facts
    on posts.fact_key = facts.fact_key
order by job_key
