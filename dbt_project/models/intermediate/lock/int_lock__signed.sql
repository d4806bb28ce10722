-- Every fact as the locks of tonight kept it when they were set, and which of its legs each holds: what it adds, on
-- one basis, to the locked quarter of its body. What a lock keeps besides stands elsewhere.
with facts as (
    select
        locked_fact.*,
        quarters.partner_key as locked_partner_key,
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
    facts.*,
    coalesce(verified_amount <> 0 and period_key = locked_period_key, false) as holds_verified,
    coalesce(claimed_amount <> 0 and claimed_period_key = locked_period_key, false) as holds_claimed
from facts
