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
