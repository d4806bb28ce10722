-- A source of grants has a model of its own, int_grant__<source>, and its name here.
-- noqa: disable=LT02
{%- set sources = ['gateway_to_research', 'innovate_uk', 'mapped_grants', 'threesixtygiving'] %}

with grants as (
    {%- for source in sources %}
    select * from {{ ref('int_grant__' ~ source) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    grants.*,
    resolved.organisation_key,
    resolved.postcode as recipient_postcode,
    case when grants.currency = 'GBP' then grants.amount_awarded end as amount_gbp
from grants
left join {{ ref('int_organisation__resolved') }} as resolved
    on grants.source_system = resolved.source_system and grants.organisation_record_id = resolved.source_record_id
