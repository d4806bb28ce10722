-- What a unit counts elsewhere while a lock holds its credit: one unit counts once, so that the body that would have
-- it now waits until the restatement is approved. Posts of a business wait likewise while the cap on its posts is taken
-- by a locked one (int_fact__job_cap).
with waiting as (
    select differences.*
    from {{ ref('int_lock__difference') }} as differences
    left join {{ ref('int_lock__excepted') }} as excepted
        on differences.fact_key = excepted.fact_key
    where excepted.fact_key is null and differences.old_exact_quantity <> 0
),

-- What may wait: what counts tonight and is in no lock's hands.
free as (
    select known.*
    from {{ ref('int_fact__known') }} as known
    left join {{ ref('int_lock__fact') }} as held
        on known.fact_key = held.fact_key and held.holds_verified
    left join {{ ref('int_lock__difference') }} as differences
        on known.fact_key = differences.fact_key
    where known.verified_amount <> 0 and held.fact_key is null and differences.fact_key is null
),

-- What gained a unit by a restatement that was approved alone: the loss of the fact that has it still waits. Units are
-- those that were kept: two that turned out to be one were both signed off.
gained as (
    select
        gaining.fact_key,
        waiting.fact_key as follows_fact_key
    from waiting
    inner join {{ ref('int_lock__fact') }} as losing
        on waiting.fact_key = losing.fact_key and losing.holds_verified
    inner join {{ ref('int_lock__fact') }} as gaining
        on
            losing.indicator_key = gaining.indicator_key
            and losing.unit_key = gaining.unit_key
            and losing.fact_key <> gaining.fact_key
            and gaining.holds_verified
    left join {{ ref('int_lock__difference') }} as differences
        on gaining.fact_key = differences.fact_key
    where waiting.new_exact_quantity < waiting.old_exact_quantity and differences.fact_key is null
),

same_unit as (
    select fact_key, min(follows_fact_key) as follows_fact_key
    from (
        select free.fact_key, waiting.fact_key as follows_fact_key
        from free
        inner join waiting
            on free.indicator_key = waiting.indicator_key and free.unit_key = waiting.unit_key
        union all
        select fact_key, follows_fact_key
        from gained
    ) as either
    group by fact_key
),

caps as (
    select organisation_key, max(employment_increase_fte) * {{ parameter('ft_hours') }} as hours
    from {{ ref('int_fact__job_cap') }}
    group by organisation_key
),

businesses as (
    select
        coalesce(new_organisation_key, old_organisation_key) as organisation_key,
        min(fact_key) as follows_fact_key,
        sum(old_exact_quantity) as waiting_hours
    from waiting
    where indicator_key = 'jobs_created'
    group by coalesce(new_organisation_key, old_organisation_key)
),

locked_posts as (
    select known.organisation_key, sum(known.verified_amount) as hours
    from {{ ref('int_fact__known') }} as known
    inner join {{ ref('int_lock__fact') }} as held
        on known.fact_key = held.fact_key and held.holds_verified
    left join {{ ref('int_lock__difference') }} as differences
        on known.fact_key = differences.fact_key
    where known.indicator_key = 'jobs_created' and differences.fact_key is null
    group by known.organisation_key
),

posts as (
    select
        free.fact_key,
        free.verified_amount,
        businesses.follows_fact_key,
        greatest(
            coalesce(caps.hours, 0) - businesses.waiting_hours - coalesce(locked_posts.hours, 0), 0
        ) as hours_left,
        sum(free.verified_amount) over (
            partition by free.organisation_key order by free.achieved_on, free.fact_key
        ) as hours_so_far
    from free
    inner join businesses
        on free.organisation_key = businesses.organisation_key
    left join caps
        on free.organisation_key = caps.organisation_key
    left join locked_posts
        on free.organisation_key = locked_posts.organisation_key
    left join same_unit
        on free.fact_key = same_unit.fact_key
    where free.indicator_key = 'jobs_created' and same_unit.fact_key is null
),

allowed as (
    select
        fact_key,
        follows_fact_key,
        verified_amount,
        cast(
            greatest(least(verified_amount, hours_left - (hours_so_far - verified_amount)), 0) as decimal(18, 4)
        ) as allowed_quantity
    from posts
)

select fact_key, follows_fact_key, cast(0 as decimal(18, 4)) as allowed_quantity
from same_unit
union all
select fact_key, follows_fact_key, allowed_quantity
from allowed
where allowed_quantity < verified_amount
