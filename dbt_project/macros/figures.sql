{# Figures of facts: what each adds, under every key it is shown by. #}

{#
    Amounts of a CTE `amounts` (indicator_key, period_key, partner_key, cluster_key, local_authority_code, basis, amount)
    under the programme and each other scope. Grain: amount and scope.
#}
{% macro amounts_by_scope(amounts) %}
    select
        amounts.indicator_key,
        amounts.period_key,
        'programme' as scope,
        programme.programme_key as scope_key,
        amounts.basis,
        amounts.amount
    from {{ amounts }} as amounts
    cross join {{ ref('programme') }} as programme
    union all
    select indicator_key, period_key, 'partner' as scope, partner_key as scope_key, basis, amount
    from {{ amounts }}
    where partner_key is not null
    union all
    select indicator_key, period_key, 'cluster' as scope, cluster_key as scope_key, basis, amount
    from {{ amounts }}
    union all
    select indicator_key, period_key, 'local_authority' as scope, local_authority_code as scope_key, basis, amount
    from {{ amounts }}
{% endmacro %}

{# What facts add on either basis, in the quarter of each: `is_counted`, exact quantities and status decide. #}
{% macro amounts_of(relation, is_counted) %}
    select
        indicator_key,
        period_key,
        partner_key,
        cluster_key,
        local_authority_code,
        'verified' as basis,
        exact_quantity as amount
    from {{ relation }}
    where {{ is_counted }} and status = 'verified'
    union all
    select
        indicator_key,
        claimed_period_key as period_key,
        partner_key,
        cluster_key,
        local_authority_code,
        'claimed' as basis,
        exact_claimed_quantity as amount
    from {{ relation }}
    where status <> 'withdrawn'
{% endmacro %}

{#
    Whether a breakdown can say nothing of this key: nothing is known of it, and of the whole more than the share
    `breakdown_unknown_limit` has no key (docs/decisions/0385).
#}
{% macro is_unplaced(amount, unplaced, whole) -%}
    (
        scope in ('cluster', 'local_authority') and scope_key <> 'unknown' and {{ amount }} = 0
        and {{ unplaced }} > {{ whole }} * {{ parameter('breakdown_unknown_limit') }}
    )
{%- endmacro %}

{# What the gate says beside a figure; here that it stands. The gate's own word is put there when it is withheld. #}
{% macro stands() -%}
    'available' as quality_status,
    cast(null as varchar) as quality_reason,
    cast(null as varchar) as quality_rule_id
{%- endmacro %}
