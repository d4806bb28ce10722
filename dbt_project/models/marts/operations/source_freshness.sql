-- A source is as fresh as the stream of it that was read well the longest ago.
with streams as (
    select
        source,
        status,
        rows_landed,
        finished_at,
        last_good_read_at,
        last_good_read_age_days
    from {{ ref('source_run') }}
    where is_latest_run and status <> 'disabled'
),

landed as (
    select
        source,
        max(finished_at) as last_new_rows_at
    from {{ ref('stg_runs__source_run') }}
    where rows_landed > 0 and finished_at <= {{ as_of() }}
    group by source
)

select
    streams.source,
    case
        when sum(case when streams.status = 'failed' then 1 else 0 end) > 0 then 'failed'
        when sum(case when streams.status = 'refused' then 1 else 0 end) > 0 then 'refused'
        when sum(case when streams.status = 'loaded' then 1 else 0 end) > 0 then 'loaded'
        else 'unchanged'
    end as status,
    case
        when count(*) = count(streams.last_good_read_at) then min(streams.last_good_read_at)
    end as last_good_read_at,
    case
        when count(*) = count(streams.last_good_read_at) then max(streams.last_good_read_age_days)
    end as age_days,
    max(landed.last_new_rows_at) as last_new_rows_at,
    coalesce(
        count(*) > count(streams.last_good_read_at) or max(streams.last_good_read_age_days) > 0, false
    ) as is_late
from streams
left join landed
    on streams.source = landed.source
group by streams.source
order by streams.source
