{# Quantities that are added in a unit that is exact, and divided once at the end. #}

{# What an exact quantity is in the indicator's unit, to four places, halves upwards. #}
{% macro divided(exact, per_unit) -%}
    cast({{ exact }} / {{ per_unit }} as decimal(18, 4))
{%- endmacro %}

{# How many exact units one of an indicator's is: a post counts in contracted hours, all else in its own unit. #}
{% macro exact_per_unit(indicator_key) -%}
    cast(case when {{ indicator_key }} = 'jobs_created' then {{ parameter('ft_hours') }} else 1 end as decimal(18, 4))
{%- endmacro %}
