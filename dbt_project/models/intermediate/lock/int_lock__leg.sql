-- What the locks of tonight held when they were set: legs of facts in the locked quarter of their body.
select
    fact_key,
    'verified' as basis,
    indicator_key,
    locked_partner_key as body,
    locked_period_key as period_key,
    partner_key,
    cluster_key,
    local_authority_code,
    locked_at,
    verified_amount as amount
from {{ ref('int_lock__signed') }}
where holds_verified
union all
select
    fact_key,
    'claimed' as basis,
    indicator_key,
    locked_partner_key as body,
    locked_period_key as period_key,
    partner_key,
    cluster_key,
    local_authority_code,
    locked_at,
    claimed_amount as amount
from {{ ref('int_lock__signed') }}
where holds_claimed
