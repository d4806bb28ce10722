{{ config(tags=['prepare']) }}

-- A source that names organisations has a model of its own beside this one.
-- noqa: disable=LT02

with records as (
    {%- for member in union_members('int_organisation__record_') %}
    select * from {{ ref(member) }}
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
