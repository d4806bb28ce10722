{#
    A sole trader's name is a person's, and the postcode may be of a home (domain.md section 5): one body that says so
    is enough.
#}
{%- set is_person -%}
    (coalesce(sole_traders.may_be_sole_trader, false) and coalesce(company_number, charity_number) is null)
{%- endset %}

-- A record that says where an organisation belongs is its tag; records that tag it for both priorities make it both.
with tagged as (
    select
        resolved.organisation_key,
        max(case when clusters.priority = 'health' then 1 else 0 end)
        + max(case when clusters.priority = 'clean' then 1 else 0 end) = 2 as is_both
    from {{ ref('int_organisation__resolved') }} as resolved
    inner join {{ ref('cluster') }} as clusters
        on resolved.cluster_key = clusters.cluster_key
    group by resolved.organisation_key
)

select
    placed.organisation_key,
    placed.group_key,
    case when {{ is_person }} then 'Sole trader' else placed.name end as name,
    company_number,
    charity_number,
    organisation_type,
    organisation_type = 'business' as is_business,
    placed.cluster_key,
    placed.cluster_source,
    case
        when tagged.is_both then 'both'
        when clusters.priority_needs_tag and placed.cluster_source <> 'tag' then 'unknown'
        else coalesce(clusters.priority, 'unknown')
    end as priority,
    sic_code,
    sic_version,
    company_status,
    register_edition,
    local_authority_code,
    is_in_area,
    size_band,
    case when not {{ is_person }} then postcode end as postcode,
    postcode_source
from {{ ref('int_organisation__placed') }} as placed
left join {{ ref('cluster') }} as clusters
    on placed.cluster_key = clusters.cluster_key
left join tagged
    on placed.organisation_key = tagged.organisation_key
left join {{ ref('int_organisation__sole_trader') }} as sole_traders
    on placed.organisation_key = sole_traders.organisation_key
order by placed.organisation_key
