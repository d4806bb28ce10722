-- The first activity a company states places it. Dormant (99999) is none of the clusters'. A code of another version
-- than 2007, or that its list lacks, is kept as it is and places nobody: what it would be in 2007 is not said here.
-- Where the register's file lacks a company, what was looked up of it stands in.
with companies as (
    select
        company_number,
        company_status,
        edition,
        postcode,
        sic_version,
        coalesce(sic_code_1, sic_code_2, sic_code_3, sic_code_4) as sic_code
    from {{ ref('stg_companies_house__companies') }}
    union all
    select
        lookups.company_number,
        lookups.company_status,
        'look-up' as edition,
        lookups.postcode,
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
        companies.postcode,
        companies.sic_version,
        companies.sic_code
    from {{ ref('int_organisation__attribute') }} as attributes
    inner join companies
        on attributes.company_number = companies.company_number
),

versioned as (
    select
        registered.organisation_key,
        registered.company_status,
        registered.register_edition,
        registered.postcode,
        registered.sic_code,
        clusters.cluster_key,
        case
            when registered.sic_version <> '2007' then registered.sic_version
            when clusters.sic_code is not null or registered.sic_code = '99999' then '2007'
            when registered.sic_code is not null then 'unknown'
        end as sic_version
    from registered
    left join {{ ref('int_sic__cluster') }} as clusters
        on registered.sic_code = clusters.sic_code and clusters.is_primary
)

select
    organisation_key,
    company_status,
    register_edition,
    postcode,
    sic_code,
    case when sic_code is not null then sic_version end as sic_version,
    case when sic_code is not null and sic_version = '2007' then coalesce(cluster_key, 'other') end as cluster_key
from versioned
