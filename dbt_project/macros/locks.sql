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
