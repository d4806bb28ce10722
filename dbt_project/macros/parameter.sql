{#
    The value of a threshold or factor of the seed `parameter` that is in force on the night: of the rows of its name the
    newest one whose `valid_from` has come. It holds in full, for every fact. A name without such a row is an error, never
    null; only `--empty`, which reads no seed, has nothing to say.
#}
{% macro parameter(name) -%}
    {%- set newest = latest_by('value', "coalesce(valid_from, cast('0001-01-01' as date))") -%}
    (
        select
            {% if flags.EMPTY %}
                {{ newest }}
            {% else %}
                coalesce({{ newest }}, cast({{ raise_error("'the seed parameter has no row " ~ name ~ " in force: ' || count(*) || ' found'") }} as decimal(18, 4)))
            {% endif %}
        from ({{ editions_in_force(name) }}) as editions
    )
{%- endmacro %}

{#
    As `parameter`, of a threshold that the programme may not have set: its row stands in the seed with an empty value, and
    then it is null. A name without a row is an error all the same.
#}
{% macro optional_parameter(name) -%}
    {%- set newest = latest_by('value', "coalesce(valid_from, cast('0001-01-01' as date))") -%}
    (
        select
            {% if flags.EMPTY %}
                {{ newest }}
            {% else %}
                case
                    when count(*) = 0
                        then cast({{ raise_error("'the seed parameter has no row " ~ name ~ " in force: ' || count(*) || ' found'") }} as decimal(18, 4))
                    else {{ newest }}
                end
            {% endif %}
        from ({{ editions_in_force(name) }}) as editions
    )
{%- endmacro %}

{#
    Editions of a threshold that may hold on the night. The first is that of the funding agreement; a newer one takes effect
    only by the change request it names (domain.md 2.1 R3). Grain: edition.
#}
{% macro editions_in_force(name) -%}
    select
        value,
        valid_from
    from (
        select
            parameters.*,
            row_number() over (order by coalesce(valid_from, cast('0001-01-01' as date))) as edition
        from {{ ref('parameter') }} as parameters
        where parameter = '{{ name }}'
    ) as numbered
    where
        (edition = 1 or change_request is not null)
        and (valid_from is null or valid_from <= cast({{ as_of() }} as date))
{%- endmacro %}
