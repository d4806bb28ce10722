-- Differences that an exception in force lets in: every locked quarter they touch has one for their indicator. What
-- was rejected by name is not let in, and no fact gains a unit of which another's loss waits: one unit counts once.
with touched as (
    select fact_key, indicator_key, old_partner_key as partner_key, old_period_key as period_key
    from {{ ref('int_lock__difference') }}
    where is_verified_changed and holds_verified
    union
    select fact_key, indicator_key, new_partner_key as partner_key, new_period_key as period_key
    from {{ ref('int_lock__difference') }}
    where is_verified_changed and is_verified_locked
    union
    select fact_key, indicator_key, old_partner_key as partner_key, old_claimed_period_key as period_key
    from {{ ref('int_lock__difference') }}
    where is_claimed_changed and holds_claimed
    union
    select fact_key, indicator_key, new_partner_key as partner_key, new_claimed_period_key as period_key
    from {{ ref('int_lock__difference') }}
    where is_claimed_changed and is_claimed_locked
),

exceptions as (
    select
        partner_code,
        period_key,
        indicator_key,
        approved_by_role,
        reason,
        row_number() over (
            partition by partner_code, period_key, indicator_key order by granted_at desc
        ) as recency
    from {{ ref('stg_office__lock_exception') }}
    where is_in_force
),

covered as (
    select
        touched.fact_key,
        min(exceptions.approved_by_role) as approved_by_role,
        min(exceptions.reason) as reason
    from touched
    left join exceptions
        on
            {{ locked_body('touched.partner_key') }} = exceptions.partner_code
            and touched.period_key = exceptions.period_key
            and touched.indicator_key = exceptions.indicator_key
            and exceptions.recency = 1
    group by touched.fact_key
    having count(*) = count(exceptions.partner_code)
),

let_in as (
    select
        covered.*,
        differences.indicator_key,
        differences.unit_key,
        differences.new_exact_quantity > differences.old_exact_quantity as is_gain
    from covered
    inner join {{ ref('int_lock__difference') }} as differences
        on covered.fact_key = differences.fact_key
    left join {{ ref('int_lock__decision') }} as decisions
        on differences.restatement_key = decisions.restatement_key and decisions.decision = 'rejected'
    where decisions.restatement_key is null
),

losses_that_wait as (
    select distinct
        differences.indicator_key,
        differences.unit_key
    from {{ ref('int_lock__difference') }} as differences
    left join let_in
        on differences.fact_key = let_in.fact_key
    where let_in.fact_key is null and differences.new_exact_quantity < differences.old_exact_quantity
)

select
    let_in.fact_key,
    let_in.approved_by_role,
    let_in.reason
from let_in
left join losses_that_wait
    on let_in.indicator_key = losses_that_wait.indicator_key and let_in.unit_key = losses_that_wait.unit_key
where losses_that_wait.unit_key is null or not let_in.is_gain
