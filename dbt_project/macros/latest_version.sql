{# The latest landed version of each key of an append-only stream. Grain: the key. #}
{% macro latest_version(relation, key_columns) %}
    select * from (
        select
            landed.*,
            row_number() over (
                partition by {{ key_columns | join(', ') }}
                order by landed._loaded_at desc, landed._load_id desc
            ) as version_rank
        from {{ relation }} as landed
    ) as ranked
    where version_rank = 1
{% endmacro %}

{#
    Of a stream of lists that are sent again whole (`list_name`): what the lists say now of each key. A key in several
    lists is as the list read last says; a row landed before lists were told apart gives way to any list that knew it.
    Grain: the key.
#}
{% macro latest_listed(relation, key_columns) %}
    {%- set keys = key_columns | join(', ') %}
    select * from (
        select
            versions.*,
            row_number() over (
                partition by {{ keys }}
                order by versions._loaded_at desc, versions._load_id desc, versions.list_name desc
            ) as listed_rank
        from (
            select
                landed.*,
                row_number() over (
                    partition by {{ keys }}, list_name
                    order by landed._loaded_at desc, landed._load_id desc
                ) as version_rank,
                max(list_name) over (partition by {{ keys }}) as known_to_list
            from {{ relation }} as landed
        ) as versions
        where
            versions.version_rank = 1
            and versions._deleted_at is null
            and (versions.list_name is not null or versions.known_to_list is null)
    ) as listed
    where listed_rank = 1
{% endmacro %}

{#
    The rows of a return table that are the record: those of each body's current submission of each quarter, and
    of a record returned in several quarters the latest quarter's row. Grain: partner_code and the key.
#}
{% macro current_returns(stream, key_columns) %}
    select * from (
        select
            landed.*,
            landed.file_name || '#' || landed.sheet || '!' || landed.row_number as source_place,
            row_number() over (
                partition by landed.partner_code, {{ key_columns | join(', ') }}
                order by landed.period_key desc, cast(landed.row_number as integer) desc
            ) as version_rank
        from {{ source('returns', stream) }} as landed
        inner join {{ ref('stg_returns__submissions') }} as submissions
            on landed.file_sha256 = submissions.file_sha256
        where submissions.is_current
    ) as ranked
    where version_rank = 1
{% endmacro %}
