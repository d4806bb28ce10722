-- Every figure that a release ever said, and since when; last what tonight says otherwise. A figure that is no longer
-- there is nothing, on the day it went.
with published as (
    select
        figures.*,
        row_number() over (
            partition by view_name, indicator_key, period_key, scope, scope_key, basis order by known_from desc
        ) as recency
    from {{ ref('stg_office__published_figure') }} as figures
),

latest as (
    select * from published
    where recency = 1
),

-- Every figure that is there tonight or was before.
both_sides as (
    select view_name, indicator_key, period_key, scope, scope_key, basis from latest
    union
    select view_name, indicator_key, period_key, scope, scope_key, basis from {{ ref('int_figure__tonight') }}
),

compared as (
    select
        both_sides.*,
        latest.exact_value as published_value,
        coalesce(tonight.exact_value, 0) as exact_value
    from both_sides
    left join latest
        on
            both_sides.view_name = latest.view_name
            and both_sides.indicator_key = latest.indicator_key
            and both_sides.period_key = latest.period_key
            and both_sides.scope = latest.scope
            and both_sides.scope_key = latest.scope_key
            and both_sides.basis = latest.basis
    left join {{ ref('int_figure__tonight') }} as tonight
        on
            both_sides.view_name = tonight.view_name
            and both_sides.indicator_key = tonight.indicator_key
            and both_sides.period_key = tonight.period_key
            and both_sides.scope = tonight.scope
            and both_sides.scope_key = tonight.scope_key
            and both_sides.basis = tonight.basis
),

versions as (
    select view_name, indicator_key, period_key, scope, scope_key, basis, exact_value, known_from
    from published
    union all
    select
        view_name,
        indicator_key,
        period_key,
        scope,
        scope_key,
        basis,
        cast(exact_value as decimal(18, 4)) as exact_value,
        {{ as_of() }} as known_from
    from compared
    where published_value is null or published_value <> exact_value
)

select
    view_name,
    indicator_key,
    period_key,
    scope,
    scope_key,
    basis,
    exact_value,
    known_from,
    lead(known_from) over (
        partition by view_name, indicator_key, period_key, scope, scope_key, basis order by known_from
    ) as known_until
from versions
