{{ config(tags=['prepare']) }}

-- A source that names organisations has a model of its own beside this one, and its name here.
-- noqa: disable=LT02
{%- set sources = [
    'dataverse', 'eventbrite', 'gateway_to_research', 'hubspot', 'innovate_uk', 'innovate_uk_claims', 'mapped_grants',
    'returns', 'salesforce', 'threesixtygiving', 'tickettailor', 'zoom',
] %}

with records as (
    {%- for source in sources %}
    select * from {{ ref('int_organisation__record_' ~ source) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    source_system,
    source_record_id,
    trim(name) as name,
    {{ normalise_name('name') }} as normalised_name,
    company_number,
    charity_number,
    postcode,
    domain,
    organisation_type,
    cluster_tag,
    size_band,
    recorded_at,
    same_as_record_id
from records
