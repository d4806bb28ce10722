{%- set attributes = [
    'name', 'company_number', 'charity_number', 'postcode', 'organisation_type', 'cluster_key', 'size_band',
] -%}

-- Of each attribute the value most of an organisation's records give; ties go to the first in alphabetical order.
-- noqa: disable=LT02
with stated as (
    {%- for attribute in attributes %}
    select
        organisation_key,
        '{{ attribute }}' as attribute,
        {{ attribute }} as attribute_value,
        count(*) as record_count
    from {{ ref('int_organisation__resolved') }}
    where {{ attribute }} is not null
    group by organisation_key, {{ attribute }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

ranked as (
    select
        stated.*,
        row_number() over (
            partition by organisation_key, attribute
            order by record_count desc, attribute_value asc
        ) as value_rank
    from stated
)

select
    organisation_key,
    {%- for attribute in attributes %}
    max(case when attribute = '{{ attribute }}' then attribute_value end) as {{ attribute }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from ranked
where value_rank = 1
group by organisation_key
