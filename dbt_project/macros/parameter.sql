{# The value of a threshold or factor of the seed `parameter`. #}
{% macro parameter(name) -%}
    (select value from {{ ref('parameter') }} where parameter = '{{ name }}')
{%- endmacro %}
