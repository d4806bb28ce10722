-- Differences that an exception in force lets in: every locked quarter they touch has one for their indicator.
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
)

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
