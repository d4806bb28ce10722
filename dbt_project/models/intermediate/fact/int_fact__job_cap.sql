-- No business counts more new posts than its employment rose. Posts within the programme take their share in order of
-- start, in contracted hours; one before it takes none, but its baseline is the business's.
with posts as (
    select
        assessed.fact_key,
        assessed.organisation_key,
        assessed.is_programme_period,
        assessed.eligible_quantity,
        assessed.achieved_on,
        posts.post_ref,
        assessed.partner_key,
        posts.baseline_fte,
        posts.follow_up_fte
    from {{ ref('int_fact__assessed') }} as assessed
    inner join {{ ref('int_fact__jobs_created') }} as posts
        on assessed.fact_key = posts.fact_key
    where assessed.not_counted_reason is null
),

based as (
    select
        posts.*,
        first_value(baseline_fte) over (
            partition by organisation_key order by achieved_on, post_ref, partner_key
        ) as first_baseline_fte
    from posts
),

rising as (
    select
        based.*,
        last_value(follow_up_fte) over (
            partition by organisation_key
            order by achieved_on, post_ref, partner_key
            rows between unbounded preceding and unbounded following
        ) as last_follow_up_fte,
        sum(eligible_quantity) over (
            partition by organisation_key
            order by achieved_on, post_ref, partner_key
            rows between unbounded preceding and current row
        ) as hours_so_far
    from based
    where is_programme_period
),

capped as (
    select
        rising.*,
        cast(greatest(last_follow_up_fte - first_baseline_fte, 0) as decimal(18, 4)) as employment_increase_fte
    from rising
)

select
    fact_key,
    organisation_key,
    first_baseline_fte as baseline_fte,
    last_follow_up_fte as follow_up_fte,
    employment_increase_fte,
    cast(
        greatest(
            least(
                eligible_quantity,
                employment_increase_fte * {{ parameter('ft_hours') }} - (hours_so_far - eligible_quantity)
            ),
            0
        ) as decimal(18, 4)
    ) as quantity
from capped
