-- What locks hold of a fact: as the release said it that was locked, or as a restatement approved since says it.
-- A leg (what a fact adds on one basis, to one quarter) is held by the lock of its own body and quarter, if what is
-- kept is not older than that lock. Where the verified leg is held the claimed one is too: nothing counts for more
-- than was claimed.
with kept as (
    select
        locked_fact.fact_key,
        quarters.locked_at as kept_at,
        locked_fact.lock_key as kept_key,
        locked_fact.indicator_key,
        locked_fact.unit_key,
        locked_fact.exact_unit,
        locked_fact.exact_per_unit,
        locked_fact.source_system,
        locked_fact.source_record_id,
        locked_fact.source_place,
        locked_fact.source_ref,
        locked_fact.achieved_on,
        locked_fact.period_key,
        locked_fact.claimed_on,
        locked_fact.claimed_period_key,
        locked_fact.partner_key,
        locked_fact.organisation_key,
        locked_fact.cluster_key,
        locked_fact.local_authority_code,
        locked_fact.status,
        locked_fact.evidence_grade,
        {{ verified_amount('locked_fact.is_counted', 'locked_fact.status', 'locked_fact.exact_quantity') }}
            as verified_amount,
        {{ claimed_amount('locked_fact.status', 'locked_fact.exact_claimed_quantity') }} as claimed_amount
    from {{ ref('stg_office__locked_fact') }} as locked_fact
    inner join {{ ref('int_lock__quarter') }} as quarters
        on locked_fact.lock_key = quarters.lock_key
    union all
    select
        fact_key,
        decided_at as kept_at,
        restatement_key as kept_key,
        indicator_key,
        unit_key,
        exact_unit,
        exact_per_unit,
        source_system,
        source_record_id,
        source_place,
        source_ref,
        new_achieved_on as achieved_on,
        new_period_key as period_key,
        new_claimed_on as claimed_on,
        new_claimed_period_key as claimed_period_key,
        new_partner_key as partner_key,
        new_organisation_key as organisation_key,
        new_cluster_key as cluster_key,
        new_local_authority_code as local_authority_code,
        new_status as status,
        new_evidence_grade as evidence_grade,
        new_exact_quantity as verified_amount,
        new_exact_claimed_quantity as claimed_amount
    from {{ ref('int_lock__decision') }}
    where decision = 'approved'
),

ranked as (
    select
        kept.*,
        row_number() over (partition by fact_key order by kept_at desc, kept_key desc) as recency
    from kept
),

held as (
    select
        ranked.*,
        verified_quarter.lock_key is not null as holds_verified,
        verified_quarter.lock_key is not null or claimed_quarter.lock_key is not null as holds_claimed
    from ranked
    left join {{ ref('int_lock__quarter') }} as verified_quarter
        on
            {{ locked_body('ranked.partner_key') }} = verified_quarter.partner_key
            and ranked.period_key = verified_quarter.period_key
            and ranked.kept_at >= verified_quarter.locked_at
            and ranked.verified_amount <> 0
    left join {{ ref('int_lock__quarter') }} as claimed_quarter
        on
            {{ locked_body('ranked.partner_key') }} = claimed_quarter.partner_key
            and ranked.claimed_period_key = claimed_quarter.period_key
            and ranked.kept_at >= claimed_quarter.locked_at
            and ranked.claimed_amount <> 0
    where ranked.recency = 1
)

select
    fact_key,
    kept_at,
    indicator_key,
    unit_key,
    exact_unit,
    exact_per_unit,
    source_system,
    source_record_id,
    source_place,
    source_ref,
    achieved_on,
    period_key,
    claimed_on,
    claimed_period_key,
    partner_key,
    organisation_key,
    cluster_key,
    local_authority_code,
    status,
    evidence_grade,
    verified_amount,
    claimed_amount,
    holds_verified,
    holds_claimed
from held
where holds_claimed
