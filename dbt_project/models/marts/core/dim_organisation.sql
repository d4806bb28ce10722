select
    organisation_key,
    placed.name,
    company_number,
    charity_number,
    organisation_type,
    organisation_type = 'business' as is_business,
    placed.cluster_key,
    placed.cluster_source,
    case
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
    postcode
from {{ ref('int_organisation__placed') }} as placed
left join {{ ref('cluster') }} as clusters
    on placed.cluster_key = clusters.cluster_key
order by organisation_key
