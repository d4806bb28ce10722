{%- set sums = ['verified', 'evidenced', 'claimed', 'rejected', 'returns_expected', 'returns_received'] -%}
{%- set measures = {'verified_share': 'verified_level', 'returns_share': 'returns_level',
    'identity_share': 'identity_level'} -%}

-- noqa: disable=LT02
-- How far a figure can be relied on: what of that which was claimed is verified, evidenced, or neither, and whether the
-- returns are here; of a quarter, and of all quarters up to it; of the programme so far also how much of it stands
-- whatever people decide about organisations that may be one. The worst decides, by the seed confidence_threshold.
-- Rejected claims are claims: what was withdrawn is none.
with claims as (
    select
        indicator_key,
        claimed_period_key as period_key,
        partner_key,
        cluster_key,
        local_authority_code,
        status as basis,
        exact_claimed_quantity as amount
    from {{ ref('indicator_fact') }}
    where status <> 'withdrawn'
),

scoped as (
    {{ amounts_by_scope('claims') }}
),

claimed as (
    select
        indicator_key,
        period_key,
        scope,
        scope_key,
        {%- for status in ['verified', 'evidenced', 'claimed', 'rejected'] %}
        sum(case when basis = '{{ status }}' then amount else 0 end) as {{ status }}{{ ',' if not loop.last }}
        {%- endfor %}
    from scoped
    group by indicator_key, period_key, scope, scope_key
),

-- Returns whose day has come. A waiver lets the figures stand without one; it does not bring it.
due as (
    select
        partner_key,
        period_key,
        case when is_received then 1 else 0 end as received
    from {{ ref('return_expected') }}
    where is_received or due_on < cast({{ as_of() }} as date)
),

of_body as (
    select partner_key as scope_key, period_key, count(*) as returns_expected, sum(received) as returns_received
    from due
    group by partner_key, period_key
),

of_all as (
    select period_key, count(*) as returns_expected, sum(received) as returns_received
    from due
    group by period_key
),

cells as (
    select distinct indicator_key, period_key, scope, scope_key
    from {{ ref('indicator_value') }}
),

quarters as (
    select
        cells.indicator_key,
        cells.period_key,
        cells.scope,
        cells.scope_key,
        {%- for status in ['verified', 'evidenced', 'claimed', 'rejected'] %}
        coalesce(claimed.{{ status }}, 0) as {{ status }},
        {%- endfor %}
        {%- for side in ['returns_expected', 'returns_received'] %}
        coalesce(case when cells.scope = 'partner' then of_body.{{ side }} else of_all.{{ side }} end, 0)
            as {{ side }}{{ ',' if not loop.last }}
        {%- endfor %}
    from cells
    left join claimed
        on
            cells.indicator_key = claimed.indicator_key
            and cells.period_key = claimed.period_key
            and cells.scope = claimed.scope
            and cells.scope_key = claimed.scope_key
    left join of_body
        on cells.scope_key = of_body.scope_key and cells.period_key = of_body.period_key
    left join of_all
        on cells.period_key = of_all.period_key
),

so_far as (
    select
        indicator_key,
        period_key,
        scope,
        scope_key,
        {%- for name in sums %}
        sum({{ name }}) over running as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from quarters
    window running as (
        partition by indicator_key, scope, scope_key
        order by period_key
        rows between unbounded preceding and current row
    )
),

spans as (
    select 'quarter' as span, quarters.* from quarters
    union all
    select 'so_far' as span, so_far.* from so_far
),

shared as (
    select
        spans.*,
        {%- for status in ['verified', 'evidenced', 'claimed', 'rejected'] %}
        cast({{ status }} / nullif(verified + evidenced + claimed + rejected, 0) as decimal(9, 4))
            as {{ status }}_share,
        {%- endfor %}
        cast(returns_received as decimal(18, 4)) / nullif(returns_expected, 0) as returns_share,
        identity.lower_value as identity_lower_value,
        identity.upper_value as identity_upper_value,
        identity.lower_value / nullif(identity.upper_value, 0) as identity_share
    from spans
    left join {{ ref('indicator_identity') }} as identity
        on
            spans.indicator_key = identity.indicator_key
            and spans.period_key = identity.period_key
            and spans.scope = 'programme'
            and spans.span = 'so_far'
),

thresholds as (
    {{ in_force(ref('confidence_threshold'), ['measure', 'grade']) }}
),

judged as (
    select
        shared.*,
        {%- for measure, level in measures.items() %}
        case
            when {{ measure }} is not null
                then (
                    select min(thresholds.grade_level)
                    from thresholds
                    where
                        thresholds.measure = '{{ measure }}'
                        and (thresholds.limit_value is null or shared.{{ measure }} >= thresholds.limit_value)
                )
        end as {{ level }}{{ ',' if not loop.last }}
        {%- endfor %}
    from shared
),

graded as (
    select
        judged.*,
        nullif(
            greatest(coalesce(verified_level, 0), coalesce(returns_level, 0), coalesce(identity_level, 0)), 0
        ) as grade_level
    from judged
)

select
    graded.indicator_key,
    graded.period_key,
    graded.span,
    graded.scope,
    graded.scope_key,
    graded.verified_share,
    graded.evidenced_share,
    graded.claimed_share,
    graded.rejected_share,
    cast(graded.returns_expected as integer) as returns_expected,
    cast(graded.returns_received as integer) as returns_received,
    cast(graded.returns_share as decimal(9, 4)) as returns_share,
    graded.identity_lower_value,
    graded.identity_upper_value,
    cast(graded.identity_share as decimal(9, 4)) as identity_share,
    grades.grade,
    case
        when graded.grade_level is null then 'nothing was claimed, and no return is due'
        when graded.grade_level = 1 then 'the returns are here, and nearly all that was claimed is verified'
        else
            {%- set short = [
                ['verified_level', "cast(cast(floor(graded.verified_share * 100) as integer) as varchar)
                    || '% of what was claimed is verified'"],
                ['returns_level', "cast(cast(graded.returns_expected - graded.returns_received as integer) as varchar)
                    || ' of ' || cast(cast(graded.returns_expected as integer) as varchar) || ' returns missing'"],
                ['identity_level', "'organisations that may be one wait for a decision'"],
            ] %}
            concat_ws(
                '; '
                {%- for level, words in short %},
                case when graded.{{ level }} > 1 then {{ words }} end
                {%- endfor %}
            )
    end as grade_reason
from graded
left join (select distinct grade, grade_level from thresholds) as grades
    on graded.grade_level = grades.grade_level
order by graded.indicator_key, graded.scope, graded.scope_key, graded.span, graded.period_key
