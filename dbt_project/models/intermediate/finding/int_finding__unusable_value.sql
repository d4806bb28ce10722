-- Landed values that are not of their column's type: the reader let them through, perhaps an earlier one. Where the row
-- cannot do without, it does not count.
{%- set words = {'date': 'date', 'day': 'date', 'integer': 'whole number', 'whole': 'whole number'} %}

{%- for name, stream in typed_streams().items() %}
    {%- set source_name, stream_name = name.split('.') %}
    {%- set landed = source(source_name, stream_name) %}
    {%- set unusable -%}
        {%- for column in stream.types %}{{ is_unusable(name, column) }}{{ ' or ' if not loop.last }}{% endfor -%}
    {%- endset %}
    {%- if stream.key %}
        {%- set keys = stream.key | join(', ') %}
        {#- Only of the keys that ever had such a value the latest version is looked for. #}
        {%- set doubtful = "(select * from " ~ landed ~ " where (" ~ keys ~ ") in (select " ~ keys ~ " from " ~ landed ~ " where " ~ unusable ~ "))" %}
    {%- endif %}
    {{ 'with' if loop.first else ',' }}
    {{ source_name }}_{{ stream_name }} as (
        select * from (
            {% if not stream.key %}{{ returned_rows(stream_name) }}
            {% elif stream.is_list %}{{ latest_listed(doubtful, stream.key) }}
            {% else %}{{ latest_version(doubtful, stream.key) }}{% endif %}
        ) as latest
        where ({{ unusable }}) {{ 'and _deleted_at is null' if stream.key }}
    )
{%- endfor %}

{%- for name, stream in typed_streams().items() %}
    {%- set source_name, stream_name = name.split('.') %}
    {%- set row_place = "split_part(_source_record, ':', 2)" %}
    {%- set file_place = "'#' || case when " ~ regex_match(row_place, '^[0-9]+$') ~ " then '!' else '' end || " ~ row_place %}
    {%- for column, type in stream.types.items() %}
        {%- set is_needed = column in stream.needed %}
        select
            '{{ source_name }}' as source,
            '{{ stream_name }}' as stream,
            {% if stream.place %}{{ stream.place }}
            {% elif not stream.key %}source_place
            {% elif stream.has_file %}file_name || {{ file_place }}
            {% elif stream.is_list %}coalesce(list_name, '{{ stream_name }}.csv') || {{ file_place }}
            {% else %}_source_record{% endif %} as place,
            '{{ column }}' as cell,
            'unusable_value' as rule,
            '{{ "error" if is_needed else "warning" }}' as severity,
            '{{ column }} holds what is no {{ words.get(type, "number") }} that can be used'
            || '{{ ": the row does not count until it is corrected at its source" if is_needed else "; the row counts without it" }}'
                as message,
            {{ 'partner_code' if source_name == 'returns' else 'cast(null as varchar)' }} as partner_code
        from {{ source_name }}_{{ stream_name }}
        where {{ is_unusable(name, column) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
{%- endfor %}
