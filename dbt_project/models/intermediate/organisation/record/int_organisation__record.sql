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

-- A domain that many share (a host of web sites, an association) says nothing of which organisation it is.
select
    records.source_system,
    records.source_record_id,
    trim(records.name) as name,
    {{ normalise_name('records.name') }} as normalised_name,
    {{ other_name('records.name') }} as other_name,
    records.company_number,
    records.charity_number,
    records.register_identifier,
    records.publisher_identifier,
    records.postcode,
    case when shared.domain is null then records.domain end as domain,
    records.organisation_type,
    records.cluster_tag,
    records.size_band,
    records.recorded_at,
    records.same_as_record_id
from records
left join {{ ref('shared_domain') }} as shared
    on records.domain = shared.domain
