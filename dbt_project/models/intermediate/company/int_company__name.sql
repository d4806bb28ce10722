{{ config(tags=['prepare']) }}

-- A renamed company, and one that is gone, is known by every name it had. A look-up gives today's name alone, and
-- stands where the register's file lacks the company. Grain: company, name and whether it is a previous one.
with companies as (
    select
        company_number,
        name,
        postcode,
        company_status
    from {{ ref('stg_companies_house__companies') }}
    union all
    select
        lookups.company_number,
        lookups.name,
        lookups.postcode,
        lookups.company_status
    from {{ ref('stg_companies_house_lookup__companies') }} as lookups
    left join {{ ref('stg_companies_house__companies') }} as listed
        on lookups.company_number = listed.company_number
    where listed.company_number is null and lookups.company_status <> 'number_unknown'
),

names as (
    select
        company_number,
        name,
        false as is_previous,
        cast(null as date) as used_until,
        postcode,
        company_status
    from companies
    union all
    select
        previous.company_number,
        previous.name,
        true as is_previous,
        previous.changed_on as used_until,
        companies.postcode,
        companies.company_status
    from {{ ref('stg_companies_house__previous_names') }} as previous
    inner join companies
        on previous.company_number = companies.company_number
),

normalised as (
    select
        company_number,
        {{ normalise_name('name') }} as normalised_name,
        is_previous,
        used_until,
        postcode,
        company_status
    from names
)

select
    company_number,
    normalised_name,
    is_previous,
    max(used_until) as used_until,
    max(postcode) as postcode,
    max(company_status) as company_status
from normalised
where normalised_name is not null
group by company_number, normalised_name, is_previous
