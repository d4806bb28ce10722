-- No business counts more new posts than its employment rose. Posts take their share in order of start.
with posts as (
    select
        assessed.fact_key,
        assessed.organisation_key,
        assessed.eligible_quantity,
        claims.post_ref,
        assessed.achieved_on,
        assessed.partner_key,
        first_value(claims.baseline_fte) over organisation_posts as baseline_fte,
        last_value(claims.follow_up_fte) over organisation_posts as follow_up_fte,
        sum(assessed.eligible_quantity) over (
            partition by assessed.organisation_key
            order by assessed.achieved_on, claims.post_ref, assessed.partner_key
            rows between unbounded preceding and current row
        ) as fte_so_far
    from {{ ref('int_fact__assessed') }} as assessed
    inner join {{ ref('int_claim__jobs_created') }} as claims
        on assessed.fact_key = claims.fact_key
    where assessed.not_counted_reason is null
    window organisation_posts as (
        partition by assessed.organisation_key
        order by assessed.achieved_on, claims.post_ref, assessed.partner_key
        rows between unbounded preceding and unbounded following
    )
)

select
    fact_key,
    organisation_key,
    baseline_fte,
    follow_up_fte,
    cast(greatest(follow_up_fte - baseline_fte, 0) as decimal(18, 4)) as employment_increase_fte,
    cast(
        greatest(
            least(
                eligible_quantity,
                greatest(follow_up_fte - baseline_fte, 0) - (fte_so_far - eligible_quantity)
            ),
            0
        ) as decimal(18, 4)
    ) as quantity
from posts
