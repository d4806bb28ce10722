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

{#
    Whole minutes of a session: its hours, else its minutes, else the time from start to end; null when it has none of
    them, or no length above zero. Rounded once, here, so that every sum of sessions is exact.
#}
{% macro session_minutes(hours, minutes, started_at, ended_at) -%}
    {%- set lengths = [
        dbt.safe_cast(hours, 'decimal(12, 4)') ~ ' * 60',
        dbt.safe_cast(minutes, 'decimal(12, 4)'),
        seconds_between(instant(started_at), instant(ended_at)) ~ ' / 60.0',
    ] -%}
    nullif(greatest({{ whole_minutes('coalesce(' ~ lengths | join(', ') ~ ')') }}, 0), 0)
{%- endmacro %}

{# A length in minutes as a whole number, halves upwards. #}
{% macro whole_minutes(minutes) -%}
    {{ dbt.safe_cast('floor(' ~ dbt.safe_cast(minutes, 'decimal(18, 4)') ~ ' + 0.5)', 'integer') }}
{%- endmacro %}

{#
    Merged records and the record that remains, through chains of merges. A record that is merged into one that never came
    stays a record of its own; of records that are merged in a circle the one with the least id remains, so that nothing
    that is theirs is lost. Both are told of (int_finding__merge). Grain: merged record.
#}
{% macro crm_merges(relation) %}
    with recursive latest as (
        {{ latest_version(relation, ['id']) }}
    ),

    merged as (
        select
            latest.id as loser_id,
            latest.merged_into as winner_id
        from latest
        inner join latest as winner
            on latest.merged_into = winner.id
        where latest._delete_reason = 'merged' and latest.merged_into <> latest.id
    ),

    -- Distinct pairs: a circle ends by itself.
    followed as (
        select
            loser_id,
            winner_id
        from merged
        union
        select
            followed.loser_id,
            merged.winner_id
        from followed
        inner join merged
            on followed.winner_id = merged.loser_id
    ),

    in_a_circle as (
        select loser_id from followed
        where loser_id = winner_id
    ),

    remaining as (
        select
            followed.loser_id,
            min(followed.winner_id) as winner_id
        from followed
        left join merged
            on followed.winner_id = merged.loser_id
        left join in_a_circle
            on followed.winner_id = in_a_circle.loser_id
        where merged.loser_id is null or in_a_circle.loser_id is not null
        group by followed.loser_id
    )

    select
        loser_id,
        winner_id
    from remaining
    where loser_id <> winner_id
{% endmacro %}

{#
    What a CRM's session counts by, the same for every CRM but its key and place. A body claims an organisation once,
    however many sessions it had. `sessions` is the alias of the staged sessions.
#}
{% macro crm_session_columns(source_system, organisation_record_id, sessions) -%}
    {{ sessions }}.partner_code as partner_key,
    '{{ source_system }}' as source_system,
    {{ organisation_record_id }} as organisation_record_id,
    '{{ source_system }}:' || coalesce({{ sessions }}.partner_code, 'unknown') || ':' || {{ organisation_record_id }} as fact_ref,
    {{ organisation_record_id }} as source_ref,
    {{ sessions }}.supported_on,
    {{ sessions }}.support_minutes,
    {{ sessions }}.channel,
    false as is_generic_advice,
    {{ sessions }}.evidence,
    {{ sessions }}.source_record
{%- endmacro %}
