with claims as (
    select
        fact_key,
        organisation_key,
        max(partner_key) as partner_key,
        min(happened_on) as first_on,
        max(case when is_crossing then happened_on end) as crossed_on,
        max(case when is_crossing then 1 else 0 end) = 1 as is_crossing,
        max(case when is_organisation_assisted then 1 else 0 end) = 1 as is_organisation_assisted,
        min(evidence_grade) as best_grade,
        max(source_ref) as source_ref,
        max(source_system) as source_system
    from {{ ref('int_support__activity') }}
    group by fact_key, organisation_key
),

-- The claim opens to the activity that counts it, else to its first.
ranked_activities as (
    select
        fact_key,
        organisation_key,
        evidence,
        evidence_grade,
        source_record,
        source_place,
        row_number() over (
            partition by fact_key, organisation_key
            order by case when is_crossing then 0 else 1 end, happened_on, activity_key
        ) as opening_rank,
        row_number() over (
            partition by fact_key, organisation_key
            order by coalesce(evidence_grade, 'Z'), evidence
        ) as evidence_rank
    from {{ ref('int_support__activity') }}
)

select
    'businesses_assisted' as indicator_key,
    claims.fact_key,
    claims.organisation_key as unit_key,
    coalesce(claims.crossed_on, claims.first_on) as achieved_on,
    claims.partner_key,
    claims.organisation_key,
    placed.cluster_key,
    placed.local_authority_code,
    cast(1 as decimal(18, 4)) as eligible_quantity,
    cast(1 as decimal(18, 4)) as claimed_quantity,
    false as is_withdrawn,
    best.evidence,
    case
        when placed.organisation_type <> 'business' then 'not_a_business'
        when placed.is_in_area = false then 'out_of_area'
        when not claims.is_organisation_assisted then 'below_threshold'
        when not claims.is_crossing then 'duplicate'
    end as ineligible_reason,
    claims.source_ref,
    claims.source_system,
    opening.source_record as source_record_id,
    opening.source_place
from claims
inner join {{ ref('int_organisation__placed') }} as placed
    on claims.organisation_key = placed.organisation_key
inner join ranked_activities as opening
    on
        claims.fact_key = opening.fact_key
        and claims.organisation_key = opening.organisation_key
        and opening.opening_rank = 1
inner join ranked_activities as best
    on
        claims.fact_key = best.fact_key
        and claims.organisation_key = best.organisation_key
        and best.evidence_rank = 1
