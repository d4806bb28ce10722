-- The first activity a company states places it. A code that the list lacks (99999, dormant) is none of the clusters'.
-- Where the register's file lacks a company, what was looked up of it stands in.
with companies as (
    select
        company_number,
        company_status,
        edition,
        sic_version,
        coalesce(sic_code_1, sic_code_2, sic_code_3, sic_code_4) as sic_code
    from {{ ref('stg_companies_house__companies') }}
    union all
    select
        lookups.company_number,
        lookups.company_status,
        'look-up' as edition,
        lookups.sic_version,
        coalesce(lookups.sic_code_1, lookups.sic_code_2, lookups.sic_code_3, lookups.sic_code_4) as sic_code
    from {{ ref('stg_companies_house_lookup__companies') }} as lookups
    left join {{ ref('stg_companies_house__companies') }} as listed
        on lookups.company_number = listed.company_number
    where listed.company_number is null
),

registered as (
    select
        attributes.organisation_key,
        companies.company_status,
        companies.edition as register_edition,
        companies.sic_version,
        companies.sic_code
    from {{ ref('int_organisation__attribute') }} as attributes
    inner join companies
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
