{# Landed text becomes typed values, as the declarations say (typed_streams.sql): no cast of staging can stop a night (docs/decisions/0124-typed-values.md). #}

{# The types of a declaration (`types`) that are SQL types; `day` is the programme's day of a date or an instant, `whole` a number that may come as 3.0. #}
{% macro value_types() %}
    {{ return({
        'date': 'date',
        'integer': 'integer',
        'index': 'decimal(9, 4)',
        'money': 'decimal(18, 2)',
        'number': 'decimal(18, 4)',
        'quantity': 'decimal(12, 4)',
    }) }}
{% endmacro %}

{# A landed text as the value it stands for; null for what is none. `relation` is what the column is read of. #}
{% macro typed(stream, column, relation=none) -%}
    {%- set type = typed_streams()[stream]['types'][column] -%}
    {%- set text = (relation ~ '.' if relation else '') ~ column -%}
    {%- if type == 'day' -%}
        {{ programme_date(text) }}
    {%- elif type == 'whole' -%}
        {{ dbt.safe_cast(dbt.safe_cast(text, 'decimal(12, 2)'), 'integer') }}
    {%- else -%}
        {{ dbt.safe_cast(text, value_types()[type]) }}
    {%- endif -%}
{%- endmacro %}

{# Whether a text is there that is not of its type. #}
{% macro is_unusable(stream, column, relation=none) -%}
    ({{ (relation ~ '.' if relation else '') ~ column }} is not null and {{ typed(stream, column, relation) }} is null)
{%- endmacro %}

{# Whether a row counts: every value it cannot do without is of its type. #}
{% macro is_usable(stream, relation=none) -%}
    not (
        {%- for column in typed_streams()[stream]['needed'] %}
        {{ is_unusable(stream, column, relation) }}{{ ' or' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
