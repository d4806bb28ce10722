-- The nights before this one: how this one ends is known only once its mart stands.
with staged as (
    select
        run_id,
        cast(sum(seconds) as decimal(18, 3)) as seconds_in_stages
    from {{ ref('stg_runs__night_stage') }}
    group by run_id
)

select
    nights.run_id,
    nights.night_number,
    nights.clock,
    nights.started_at,
    nights.ended_at,
    staged.seconds_in_stages,
    nights.outcome,
    nights.outcome in ('published', 'unchanged') as is_good,
    nights.release_id,
    nights.serving_release_id,
    nights.reason,
    nights.blocked_by,
    nights.sources_not_read,
    nights.returns_late,
    nights.notice
from {{ ref('stg_runs__night') }} as nights
left join staged
    on nights.run_id = staged.run_id
order by nights.night_number, nights.run_id
