{#
    Rows of an evaluation table, and again under the names that measures had before. They stand for one release after
    the measures were renamed (changelog of November 2026). Grain: that of the table.
#}
{% macro with_former_measures(relation, columns) %}
    {%- set former = {
        'gva_per_public_pound': 'benefit_cost_ratio',
        'gva_less_public_cost': 'net_present_social_value',
    } -%}
    select {{ columns | join(', ') }} from {{ relation }}
    {% for measure, name in former.items() %}
    union all
    select
        {% for column in columns -%}
        {{ "'" ~ name ~ "' as measure" if column == 'measure' else column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}
    where measure = '{{ measure }}'
    {% endfor %}
{% endmacro %}
