-- The assessed facts after the two rules that look across units: the cap on jobs and the novelty of collaborations;
-- and the cross-sector subset of the collaborations that count.
with settled as (
    select
        assessed.*,
        case
            when assessed.not_counted_reason is not null then assessed.not_counted_reason
            when not assessed.is_programme_period then 'outside_programme_period'
            when job_cap.quantity = 0 then 'no_employment_increase'
            when not coalesce(novelty.is_new, true) then 'no_new_tie'
        end as final_reason,
        coalesce(job_cap.quantity, assessed.eligible_quantity) as allowed_quantity
    from {{ ref('int_fact__assessed') }} as assessed
    left join {{ ref('int_fact__job_cap') }} as job_cap
        on assessed.fact_key = job_cap.fact_key
    left join {{ ref('int_fact__collaboration_novelty') }} as novelty
        on assessed.fact_key = novelty.fact_key
),

facts as (
    select
        indicator_key,
        fact_key,
        unit_key,
        achieved_on,
        claimed_on,
        partner_key,
        organisation_key,
        cluster_key,
        local_authority_code,
        allowed_quantity,
        claimed_quantity,
        status,
        evidence_grade,
        final_reason,
        source_ref,
        source_system,
        source_record_id,
        source_place,
        period_key,
        claimed_period_key,
        is_programme_period
    from settled
    union all
    select
        'collaborations_cross_sector' as indicator_key,
        'collaborations_cross_sector:' || collaborations.collaboration_key as fact_key,
        settled.unit_key,
        settled.achieved_on,
        settled.claimed_on,
        settled.partner_key,
        settled.organisation_key,
        settled.cluster_key,
        settled.local_authority_code,
        settled.allowed_quantity,
        settled.claimed_quantity,
        settled.status,
        settled.evidence_grade,
        settled.final_reason,
        settled.source_ref,
        settled.source_system,
        settled.source_record_id,
        settled.source_place,
        settled.period_key,
        settled.claimed_period_key,
        settled.is_programme_period
    from settled
    inner join {{ ref('int_fact__new_collaborations') }} as collaborations
        on settled.fact_key = collaborations.fact_key
    where
        settled.final_reason is null
        and collaborations.cluster_count >= {{ parameter('cross_sector_minimum_clusters') }}
)

-- A post counts in contracted hours, of which ft_hours are one full-time equivalent; all else counts in its own unit.
select
    facts.*,
    case when facts.indicator_key = 'jobs_created' then 'contracted hours' else indicator.unit end as exact_unit,
    {{ exact_per_unit('facts.indicator_key') }} as exact_per_unit
from facts
inner join {{ ref('indicator') }} as indicator
    on facts.indicator_key = indicator.indicator_key
