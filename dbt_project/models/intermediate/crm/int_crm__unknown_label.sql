{# Landed columns of CRMs that hold labels of choices: source, stream, column. #}
{% set choices = [
    ('hubspot', 'companies', ['organisation_type', 'cluster_tag', 'size_band']),
    ('hubspot', 'meetings', ['outcome', 'channel', 'evidence']),
    ('salesforce', 'accounts', ['organisation_type', 'cluster_tag', 'size_band']),
    ('salesforce', 'activities', ['outcome', 'channel', 'evidence']),
    ('dataverse', 'accounts', ['organisation_type', 'cluster_tag', 'size_band']),
    ('dataverse', 'activities', ['outcome', 'channel', 'evidence']),
] %}

with labelled as (
    {% for source_name, stream, columns in choices %}
        {% set stream_loop = loop %}
        {% for column in columns %}
            select
                '{{ source_name }}' as source,
                '{{ stream }}' as stream,
                '{{ column }}' as column_name,
                {{ crm_label('latest.' ~ column) }} as label,
                _deleted_at
            from ({{ latest_version(source(source_name, stream), ['id']) }}) as latest
            {% if not (loop.last and stream_loop.last) %}union all{% endif %}
        {% endfor %}
    {% endfor %}
),

known as (
    select
        attribute,
        label
    from {{ ref('crm_value') }}
    union all
    select
        'cluster_tag' as attribute,
        cluster_key as label
    from {{ ref('cluster') }}
)

select
    labelled.source,
    labelled.stream,
    labelled.column_name,
    labelled.label,
    cast(count(*) as bigint) as records
from labelled
left join known
    on labelled.column_name = known.attribute and labelled.label = known.label
where labelled._deleted_at is null and labelled.label is not null and known.label is null
group by labelled.source, labelled.stream, labelled.column_name, labelled.label
