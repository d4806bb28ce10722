{# Records of return workbooks: which rows count, and what a body's reference names. Rules: docs/contracts.md section 3. #}

{# A body's reference in comparable form: without case, outer and doubled spaces. Null stays null. #}
{% macro reference_key(expression) -%}
    nullif(upper(trim({{ regex_replace(expression, '\\s+', ' ') }})), '')
{%- endmacro %}

{# A title or purpose in comparable form: lower-case words without punctuation. Null when nothing is left. #}
{% macro title_key(expression) -%}
    nullif(trim({{ regex_replace("lower(" ~ expression ~ ")", '[^a-z0-9]+', ' ') }}), '')
{%- endmacro %}

{# Whether two rows have one reference: of one body and one kind of record. #}
{% macro same_reference(one, other) -%}
    {{ one }}.stream = {{ other }}.stream
    and {{ one }}.partner_code = {{ other }}.partner_code
    and {{ one }}.reference_key = {{ other }}.reference_key
{%- endmacro %}

{# The tables of the return workbook, by the stream that they land in. #}
{% macro section_names() %}
    {{ return([
        'interventions', 'businesses', 'support_sessions', 'collaborations', 'collaboration_members', 'jobs',
        'leverage', 'events', 'forecasts',
    ]) }}
{% endmacro %}

{# The same as a relation. Grain: table. #}
{% macro return_sections() %}
    {%- for section in section_names() %}
    select '{{ section }}' as section{{ ' union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# Rows that were read of each table of the workbooks that count. Grain: body, quarter and table. #}
{% macro section_row_counts() %}
    {%- for section in section_names() %}
    select partner_code, period_key, '{{ section }}' as section, count(*) as row_count
    from ({{ returned_rows(section) }}) as returned
    group by partner_code, period_key{{ ' union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# Rows of the workbooks that count, with their place; without those that lack a value. Grain: row of a workbook. #}
{% macro current_rows(stream) %}
    {%- if 'returns.' ~ stream in typed_streams() %}
        select returned.* from ({{ returned_rows(stream) }}) as returned
        where {{ is_usable('returns.' ~ stream, 'returned') }}
    {%- else %}
        {{ returned_rows(stream) }}
    {%- endif %}
{% endmacro %}

{# The same with those that lack a value. Grain: row of a workbook. #}
{% macro returned_rows(stream) %}
    select
        landed.*,
        landed.file_name || '#' || landed.sheet || '!' || landed.row_number as source_place
    from ({{ latest_version(source('returns', stream), ['file_sha256', 'sheet', 'row_number']) }}) as landed
    inner join {{ ref('stg_returns__submissions') }} as submissions
        on landed.file_sha256 = submissions.file_sha256
    where submissions.is_current
{% endmacro %}

{#
    Of each record the row that is the record: that of the latest quarter. Rows of one workbook that contradict each other
    are none. `records` names the model that says what the rows of `stream` name. Grain: record.
#}
{% macro current_records(stream, records='stg_returns__record') %}
    select * from (
        select
            landed.*,
            records.reference,
            records.record_ref,
            records.parent_ref,
            row_number() over (
                partition by records.partner_code, records.record_ref, records.part
                order by records.period_key desc, records.row_number desc
            ) as record_rank
        from ({{ current_rows(stream) }}) as landed
        inner join {{ ref(records) }} as records
            on landed._source_record = records.source_record and records.stream = '{{ stream }}'
        where records.is_usable
    ) as ranked
    where record_rank = 1
{% endmacro %}

{#
    Names for what references name, from a relation with a row a row of a workbook and `naming`, which tells apart what one
    reference of a body names: the first keeps the reference as it was first written, another adds the quarter that first
    named it (`B1~2024-25-Q2`, `B1~2024-25-Q2.2`). Rows of one workbook for one reference and `part` (and one naming, where
    `is_within_organisation`) that say the same count once; what contradicts itself is not usable. Grain: row of a workbook.
#}
{% macro name_records(relation) %}
    {%- set reference = "stream, partner_code, reference_key" %}
    {%- set one_of = "case when is_within_organisation then naming end" %}
    named_rows as (
        select
            named.*,
            min(period_key) over (partition by {{ reference }}, naming) as named_from,
            min(name) over (partition by {{ reference }}, naming) as naming_name,
            first_value(reference_written) over (
                partition by {{ reference }} order by period_key, row_number, source_record
            ) as reference,
            min(content) over (partition by {{ reference }}, {{ one_of }}, part, file_sha256)
            = max(content) over (partition by {{ reference }}, {{ one_of }}, part, file_sha256) as is_consistent,
            row_number() over (
                partition by {{ reference }}, {{ one_of }}, part, file_sha256 order by row_number
            ) as copy_number
        from {{ relation }} as named
    ),

    placed_rows as (
        select
            named_rows.*,
            dense_rank() over (
                partition by {{ reference }} order by named_from, naming_name, naming
            ) as naming_place,
            dense_rank() over (
                partition by {{ reference }}, named_from order by naming_name, naming
            )
            - case when named_from = min(named_from) over (partition by {{ reference }}) then 1 else 0 end
                as place_in_quarter
        from named_rows
    )

    select
        placed_rows.*,
        reference
        || case when naming_place > 1 then '~' || named_from else '' end
        || case
            when naming_place > 1 and place_in_quarter > 1 then '.' || cast(place_in_quarter as varchar) else ''
        end as record_ref,
        copy_number = 1 and is_consistent as is_usable
    from placed_rows
{% endmacro %}
