{#
    The rows of a seed with `valid_from` that are in force on the night: of each key the newest whose day has come. An
    older edition stays in the seed and says what held until then. Grain: the key.
#}
{% macro in_force(relation, key_columns) %}
    select * from (
        select
            editions.*,
            row_number() over (
                partition by {{ key_columns | join(', ') }}
                order by coalesce(editions.valid_from, cast('0001-01-01' as date)) desc
            ) as edition_rank
        from {{ relation }} as editions
        where editions.valid_from is null or editions.valid_from <= cast({{ as_of() }} as date)
    ) as ranked
    where edition_rank = 1
{% endmacro %}
