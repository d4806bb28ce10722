{# Schemas are named as declared (mart, staging, …), the same in every target: the mart's name is a contract. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
