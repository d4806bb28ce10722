-- A fact with support within the programme's period is judged by that; what lies outside is only its past.
with activities as (
    select *
    from (
        select
            activity.*,
            max(case when is_programme_period then 1 else 0 end) over (partition by fact_key, organisation_key) = 1
                as has_programme_period
        from {{ ref('int_support__activity') }} as activity
    ) as seen
    where is_programme_period = has_programme_period
),

facts as (
    select
        fact_key,
        organisation_key,
        max(partner_key) as partner_key,
        min(happened_on) as first_on,
        max(case when is_crossing then happened_on end) as crossed_on,
        max(case when is_crossing then 1 else 0 end) = 1 as is_crossing,
        max(case when is_organisation_assisted then 1 else 0 end) = 1 as is_organisation_assisted,
        max(source_ref) as source_ref,
        max(source_system) as source_system
    from activities
    group by fact_key, organisation_key
),

judged as (
    select
        facts.*,
        organisations.cluster_key,
        sites.local_authority_code,
        case
            when organisations.organisation_type <> 'business' then 'not_a_business'
            when not sites.is_in_area then 'out_of_area'
            when not facts.is_organisation_assisted then 'below_threshold'
            when not facts.is_crossing then 'duplicate'
        end as ineligible_reason
    from facts
    inner join {{ ref('int_organisation__placed') }} as organisations
        on facts.organisation_key = organisations.organisation_key
    inner join {{ ref('int_support__place') }} as sites
        on facts.organisation_key = sites.organisation_key
),

-- The fact opens to the activity that counts it, else to its first.
ranked_activities as (
    select
        fact_key,
        organisation_key,
        evidence,
        source_record,
        source_place,
        row_number() over (
            partition by fact_key, organisation_key
            order by case when is_crossing then 0 else 1 end, place_in_time
        ) as opening_rank,
        row_number() over (
            partition by fact_key, organisation_key
            order by coalesce(evidence_grade, 'Z'), evidence
        ) as evidence_rank
    from activities
)

select
    'businesses_assisted' as indicator_key,
    judged.fact_key,
    judged.organisation_key as unit_key,
    -- Only what counts is dated where the threshold is reached; any other fact at its first activity.
    case when judged.ineligible_reason is null then judged.crossed_on else judged.first_on end as achieved_on,
    -- Where the threshold is reached hangs on whose hours add up; what a body claims does not.
    judged.first_on as claimed_on,
    judged.partner_key,
    judged.organisation_key,
    judged.cluster_key,
    judged.local_authority_code,
    cast(1 as decimal(18, 4)) as eligible_quantity,
    cast(1 as decimal(18, 4)) as claimed_quantity,
    false as is_withdrawn,
    best.evidence,
    judged.ineligible_reason,
    judged.source_ref,
    judged.source_system,
    opening.source_record as source_record_id,
    opening.source_place
from judged
inner join ranked_activities as opening
    on
        judged.fact_key = opening.fact_key
        and judged.organisation_key = opening.organisation_key
        and opening.opening_rank = 1
inner join ranked_activities as best
    on
        judged.fact_key = best.fact_key
        and judged.organisation_key = best.organisation_key
        and best.evidence_rank = 1
