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
    grants.grant_award_key,
    grants.grant_id,
    grants.title,
    resolved.organisation_key,
    cast(null as varchar) as partner_key,
    grants.awarded_on,
    grants.amount_awarded,
    case when grants.currency = 'GBP' then grants.amount_awarded end as amount_gbp,
    grants.currency,
    grants.funding_org_id,
    grants.funding_org_name,
    grants.programme_title,
    grants.is_individual,
    grants.is_programme_grant,
    coalesce(placed.local_authority_code, 'unknown') as local_authority_code,
    grants.status,
    'A' as evidence_grade,
    grants.file_name,
    grants.source_system,
    grants.source_record as source_record_id
from grants
left join {{ ref('int_organisation__resolved') }} as resolved
    on grants.source_system = resolved.source_system and grants.organisation_record_id = resolved.source_record_id
left join {{ ref('int_organisation__placed') }} as placed
    on resolved.organisation_key = placed.organisation_key
order by grants.grant_award_key
