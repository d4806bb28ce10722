{# Quantities that are added in a unit that is exact, and divided once at the end. #}

{# What an exact quantity is in the indicator's unit, to four places, halves upwards. #}
{% macro divided(exact, per_unit) -%}
    cast({{ exact }} / {{ per_unit }} as decimal(18, 4))
{%- endmacro %}
