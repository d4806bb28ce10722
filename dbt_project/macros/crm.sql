{# What CRMs have in common: labels of choices, lengths of sessions, chains of merges. #}

{# A label of a choice in comparable form: "In person" and "in-person" are in_person. Null stays null. #}
{% macro crm_label(expression) -%}
    {%- set words = regex_replace("lower(trim(" ~ expression ~ "))", '[^a-z0-9]+', '_') -%}
    nullif({{ regex_replace(words, '^_|_$', '') }}, '')
{%- endmacro %}

{#
    What a label means: the value the seed `crm_value` gives for it, or the label itself in comparable form. `expression`
    is a column with its table's name before it.
#}
{% macro crm_value(attribute, expression) -%}
    {%- set label = crm_label(expression) -%}
    coalesce((
        select max(meaning.value) from {{ ref('crm_value') }} as meaning
        where meaning.attribute = '{{ attribute }}' and meaning.label = {{ label }}
    ), {{ label }})
{%- endmacro %}

{# Hours of a session: its hours, else its minutes, else the time from start to end; null when it has none of them. #}
{% macro session_hours(hours, minutes, started_at, ended_at) -%}
    cast(
        coalesce(
            {{ dbt.safe_cast(hours, 'decimal(12, 4)') }},
            {{ dbt.safe_cast(minutes, 'decimal(12, 4)') }} / 60.0,
            {{ dbt.datediff('cast(' ~ started_at ~ ' as timestamp)', 'cast(' ~ ended_at ~ ' as timestamp)', 'second') }} / 3600.0 -- noqa: LT05
        )
        as decimal(12, 4)
    )
{%- endmacro %}

{# Day of a session; a start without a time of day is the day itself. #}
{% macro session_date(started_at) -%}
    case
        when length({{ started_at }}) = 10 then cast({{ started_at }} as date)
        else {{ local_date(started_at, "'Europe/London'") }}
    end
{%- endmacro %}

{#
    Merged records and the record that remains, through chains of merges. A chain that leads in a circle gives nothing.
    Grain: merged record.
#}
{% macro crm_merges(relation) %}
    with recursive latest as (
        {{ latest_version(relation, ['id']) }}
    ),

    merged as (
        select
            id as loser_id,
            merged_into
        from latest
        where _delete_reason = 'merged' and merged_into is not null
    ),

    followed as (
        select
            loser_id,
            merged_into as winner_id,
            1 as steps
        from merged
        union all
        select
            followed.loser_id,
            merged.merged_into as winner_id,
            followed.steps + 1 as steps
        from followed
        inner join merged
            on followed.winner_id = merged.loser_id
        where followed.steps < 50
    )

    select
        followed.loser_id,
        followed.winner_id
    from followed
    left join merged
        on followed.winner_id = merged.loser_id
    where merged.loser_id is null
{% endmacro %}

{#
    What a CRM's session counts by, the same for every CRM but its key and place. A body claims an organisation once,
    however many sessions it had. `sessions` is the alias of the staged sessions.
#}
{% macro crm_session_columns(source_system, organisation_record_id, sessions) -%}
    {{ sessions }}.partner_code as partner_key,
    '{{ source_system }}' as source_system,
    {{ organisation_record_id }} as organisation_record_id,
    '{{ source_system }}:' || coalesce({{ sessions }}.partner_code, 'unknown') || ':' || {{ organisation_record_id }} as claim_ref,
    {{ organisation_record_id }} as source_ref,
    {{ sessions }}.supported_on,
    {{ sessions }}.support_hours,
    {{ sessions }}.channel,
    {{ sessions }}.evidence,
    {{ sessions }}.source_record
{%- endmacro %}
