{# Amounts as sources write them. #}

{# An amount in hundredths (pence, cents) as one in whole units; exact, as a division is not. Null for what is no number. #}
{% macro major_units(minor) -%}
    cast({{ dbt.safe_cast(minor, 'decimal(16, 0)') }} * cast(0.01 as decimal(3, 2)) as decimal(18, 2))
{%- endmacro %}
