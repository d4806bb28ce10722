select
    organisation_key,
    name,
    company_number,
    charity_number,
    organisation_type,
    organisation_type = 'business' as is_business,
    cluster_key,
    cluster_source,
    sic_code,
    sic_version,
    company_status,
    register_edition,
    local_authority_code,
    is_in_area,
    size_band,
    postcode
from {{ ref('int_organisation__placed') }}
order by organisation_key
