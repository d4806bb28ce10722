-- The figures of tonight in each view, where they are not nothing: as reported, as known, and as the locks kept them.
with reported as (
    {{ amounts_of(ref('int_fact__reported'), 'not_counted_reason is null') }}
),

known as (
    {{ amounts_of(ref('int_fact__known'), 'not_counted_reason is null') }}
),

locked as (
    select indicator_key, period_key, partner_key, cluster_key, local_authority_code, basis, amount
    from {{ ref('int_lock__leg') }}
),

reported_figures as (
    {{ amounts_by_scope('reported') }}
),

known_figures as (
    {{ amounts_by_scope('known') }}
),

locked_figures as (
    {{ amounts_by_scope('locked') }}
),

figures as (
    select 'as_reported' as view_name, reported_figures.* from reported_figures
    union all
    select 'as_known' as view_name, known_figures.* from known_figures
    union all
    select 'as_locked' as view_name, locked_figures.* from locked_figures
)

select
    view_name,
    figures.indicator_key,
    figures.period_key,
    scope,
    scope_key,
    basis,
    cast(sum(amount) as decimal(18, 4)) as exact_value
from figures
inner join {{ ref('int_period__calendar') }} as periods
    on figures.period_key = periods.period_key and periods.is_programme_period
group by view_name, figures.indicator_key, figures.period_key, scope, scope_key, basis
having sum(amount) <> 0
