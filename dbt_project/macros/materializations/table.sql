{#
    A table, made in one transaction: the adapter's own builds beside, renames twice and looks each column up before it
    comments on it, some 60 ms a model. Indexes, grants and hooks, which no model here has, are left out.
#}
{% materialization table, adapter="duckdb" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="table") -%}
    {% if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif %}
    {% call statement("main") -%}
        {{ create_table_as(false, target, compiled_code) }}
        {{ comments_on(target, model) }}
    {%- endcall %}
    {% do adapter.commit() %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{#
    The statements that comment on a table and its columns, for a model with `persist_docs`. relation: the table;
    node: its model.
#}
{% macro comments_on(relation, node) -%}
    {% if config.persist_relation_docs() and node.description -%}
        ;
        comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(node.description) }}
    {%- endif %}
    {% if config.persist_column_docs() -%}
        {% for column in node.columns.values() if column.description -%}
            ;
            comment on column {{ relation }}.{{ adapter.quote(column.name) }}
            is {{ duckdb_escape_comment(column.description) }}
        {%- endfor %}
    {%- endif %}
{%- endmacro %}
