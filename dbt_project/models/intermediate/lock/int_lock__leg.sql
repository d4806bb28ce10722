-- What the locks of tonight held when they were set: legs of facts in the locked quarter of their body.
with facts as (
    select
        locked_fact.*,
        quarters.partner_key as body,
        quarters.period_key as locked_period_key,
        quarters.locked_at,
        {{ verified_amount('locked_fact.is_counted', 'locked_fact.status', 'locked_fact.exact_quantity') }}
            as verified_amount,
        {{ claimed_amount('locked_fact.status', 'locked_fact.exact_claimed_quantity') }} as claimed_amount
    from {{ ref('stg_office__locked_fact') }} as locked_fact
    inner join {{ ref('int_lock__quarter') }} as quarters
        on locked_fact.lock_key = quarters.lock_key
)

select
    fact_key,
    'verified' as basis,
    indicator_key,
    body,
    locked_period_key as period_key,
    partner_key,
    cluster_key,
    local_authority_code,
    locked_at,
    verified_amount as amount
from facts
where verified_amount <> 0 and period_key = locked_period_key
union all
select
    fact_key,
    'claimed' as basis,
    indicator_key,
    body,
    locked_period_key as period_key,
    partner_key,
    cluster_key,
    local_authority_code,
    locked_at,
    claimed_amount as amount
from facts
where claimed_amount <> 0 and claimed_period_key = locked_period_key
