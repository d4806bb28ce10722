{%- set attributes = [
    'name', 'company_number', 'charity_number', 'postcode', 'organisation_type', 'cluster_key', 'size_band',
] -%}
{%- set identifiers = ['company_number', 'charity_number'] -%}

-- Of each attribute the value most of an organisation's records give; ties go to the first in alphabetical order. What
-- describes it is for bodies and CRMs to say, who work with it: a funder or a ticket has a vote only where they are
-- silent. A number is the same whoever gives it.
-- noqa: disable=LT02
with records as (
    select
        resolved.*,
        case when {{ works_with_it('source_system') }} then 1 else 0 end as works_with_it
    from {{ ref('int_organisation__resolved') }} as resolved
),

stated as (
    {%- for attribute in attributes %}
    select
        organisation_key,
        '{{ attribute }}' as attribute,
        {{ attribute }} as attribute_value,
        {{ 'count(*)' if attribute in identifiers else 'sum(works_with_it)' }} as votes,
        count(*) as record_count
    from records
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
            order by votes desc, case when votes = 0 then -record_count else 0 end, attribute_value asc
        ) as value_rank
    from stated
)

select
    organisation_key,
    {%- for attribute in attributes %}
    max(case when attribute = '{{ attribute }}' and value_rank = 1 then attribute_value end) as {{ attribute }},
    {%- endfor %}
    max(
        case
            when attribute = 'postcode' and value_rank = 1
                then case when votes > 0 then 'body_or_crm' else 'other_record' end
        end
    ) as postcode_source,
    max(case when attribute = 'name' and {{ names_a_business('attribute_value') }} then 1 else 0 end) = 1
        as is_named_as_business
from ranked
group by organisation_key
