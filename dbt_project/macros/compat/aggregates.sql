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

{# The value of a group in the row that is last by `ordering`; rows without a value are passed over. #}
{% macro latest_by(expression, ordering) -%}
    {{ return(adapter.dispatch('latest_by')(expression, ordering)) }}
{%- endmacro %}

{% macro duckdb__latest_by(expression, ordering) -%}
    arg_max({{ expression }}, {{ ordering }})
{%- endmacro %}

{% macro spark__latest_by(expression, ordering) -%}
    max_by({{ expression }}, {{ ordering }})
{%- endmacro %}
