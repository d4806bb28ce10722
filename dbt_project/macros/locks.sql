{# What a fact adds to the figures, and which body's lock holds it. #}

{# On the verified basis: what counts, if it does. #}
{% macro verified_amount(is_counted, status, quantity) -%}
    cast(case when {{ is_counted }} and {{ status }} = 'verified' then {{ quantity }} else 0 end as decimal(18, 4))
{%- endmacro %}

{# On the claimed basis: what was returned, unless it was withdrawn. #}
{% macro claimed_amount(status, quantity) -%}
    cast(case when {{ status }} <> 'withdrawn' then {{ quantity }} else 0 end as decimal(18, 4))
{%- endmacro %}

{# The body under which facts are locked; what no body returned stands under `PROGRAMME`. #}
{% macro locked_body(partner_key) -%}
    coalesce({{ partner_key }}, 'PROGRAMME')
{%- endmacro %}

{# The columns of each side of a restatement: what decides where and how much a fact counts. #}
{% macro restated_sides() -%}
    {{ return(['achieved_on', 'period_key', 'claimed_on', 'claimed_period_key', 'partner_key', 'organisation_key',
        'cluster_key', 'local_authority_code', 'exact_quantity', 'exact_claimed_quantity', 'status',
        'evidence_grade']) }}
{%- endmacro %}

{#
    The key of a change of a fact, of columns `fact_key`, `change`, `old_…` and `new_…`: a fact that changes again has
    another one, which wants a decision of its own.
#}
{% macro restatement_key() -%}
    {%- set state = [] -%}
    {%- for side in restated_sides() -%}
        {%- for when in ['old_', 'new_'] -%}
            {%- do state.append("coalesce(cast(" ~ when ~ side ~ " as varchar), '')") -%}
        {%- endfor -%}
    {%- endfor -%}
    'R-' || substr({{ dbt.hash("fact_key || '|' || change || '|' || " ~ state | join(" || '|' || ")) }}, 1, 12)
{%- endmacro %}
