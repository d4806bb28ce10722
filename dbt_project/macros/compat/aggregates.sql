{# Aggregates that engines spell differently. #}

{# The distinct values of a group, in order, joined by `|`. #}
{% macro ordered_list(expression) -%}
    {{ return(adapter.dispatch('ordered_list')(expression)) }}
{%- endmacro %}

{% macro duckdb__ordered_list(expression) -%}
    string_agg(distinct {{ expression }}, '|' order by {{ expression }})
{%- endmacro %}

{% macro spark__ordered_list(expression) -%}
    array_join(array_sort(collect_set({{ expression }})), '|')
{%- endmacro %}
