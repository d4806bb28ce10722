{{ config(materialized='view') }}

-- From the register's file and from what was looked up. A view: of millions of companies a few are looked at.
select
    company_number,
    max(incorporated_on) as incorporated_on
from (
    select company_number, incorporated_on from {{ ref('stg_companies_house__companies') }}
    union all
    select company_number, incorporated_on from {{ ref('stg_companies_house_lookup__companies') }}
) as registers
group by company_number
