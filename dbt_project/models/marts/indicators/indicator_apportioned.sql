-- domain.md 2.1 R9: in full, and by the programme's share of the public funding where another funder counts it too.
-- What is claimed elsewhere without a share counts in full here, and is numbered.
with facts as (
    select
        indicator_key,
        period_key,
        exact_quantity,
        exact_quantity * coalesce(programme_share, 1) as apportioned_quantity,
        exact_per_unit,
        also_claimed_under is not null as is_also_claimed,
        also_claimed_under is not null and programme_share is null as lacks_share
    from {{ ref('indicator_fact') }}
    where is_counted and status = 'verified'
)

select
    facts.indicator_key,
    facts.period_key,
    cast(sum(exact_quantity) / max(exact_per_unit) as decimal(18, 4)) as full_value,
    cast(sum(apportioned_quantity) / max(exact_per_unit) as decimal(18, 4)) as apportioned_value,
    cast(sum(case when is_also_claimed then 1 else 0 end) as bigint) as facts_also_claimed,
    cast(sum(case when lacks_share then 1 else 0 end) as bigint) as facts_without_share,
    {{ stands() }}
from facts
inner join {{ ref('dim_period') }} as periods
    on facts.period_key = periods.period_key and periods.is_programme_period
group by facts.indicator_key, facts.period_key
order by facts.indicator_key, facts.period_key
