{#
    What belongs together, directly or through others, whatever the order: things of `relation` that share a value of one of
    `keys` (null shares nothing). Stands in a `with recursive`; gives the table `components`: `node` and `component`, the
    first node of those that belong together.
#}
{% macro components(relation, node, keys) %}
    shared_values as (
        {%- for key in keys %}
        select {{ node }} as node, '{{ loop.index }}:' || {{ key }} as shared_value from {{ relation }}
        where {{ key }} is not null
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ),

    hubs as (
        select
            node,
            min(node) over (partition by shared_value) as hub
        from shared_values
    ),

    links as (
        select node, hub as other_node from hubs
        union
        select hub as node, node as other_node from hubs
    ),

    reached as (
        select {{ node }} as node, {{ node }} as other_node from {{ relation }}
        union
        select
            reached.node,
            links.other_node
        from reached
        inner join links
            on reached.other_node = links.node
    ),

    components as (
        select
            node,
            min(other_node) as component
        from reached
        group by node
    )
{%- endmacro %}
