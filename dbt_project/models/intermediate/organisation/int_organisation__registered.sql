-- The first activity a company states places it. A code that the list lacks (99999, dormant) is none of the clusters'.
with registered as (
    select
        attributes.organisation_key,
        companies.company_status,
        companies.edition as register_edition,
        companies.sic_version,
        coalesce(companies.sic_code_1, companies.sic_code_2, companies.sic_code_3, companies.sic_code_4) as sic_code
    from {{ ref('int_organisation__attribute') }} as attributes
    inner join {{ ref('stg_companies_house__companies') }} as companies
        on attributes.company_number = companies.company_number
)

select
    registered.organisation_key,
    registered.company_status,
    registered.register_edition,
    registered.sic_code,
    case when registered.sic_code is not null then registered.sic_version end as sic_version,
    case when registered.sic_code is not null then coalesce(clusters.cluster_key, 'other') end as cluster_key
from registered
left join {{ ref('int_sic__cluster') }} as clusters
    on registered.sic_code = clusters.sic_code and clusters.is_primary
