{%- set charity_lists = [
    ('england_and_wales', 'England and Wales', 'Charity Commission', 'publicextract.charity.zip'),
    ('scotland', 'Scotland', 'OSCR', 'CharityExport-….zip'),
    ('northern_ireland', 'Northern Ireland', 'CCNI', 'charitydetails….csv'),
] -%}

-- How old each table of published reference data is, and what renews it.
-- noqa: disable=LT02
with tables as (
    select
        'GDP deflator, calendar years' as reference_table,
        'HM Treasury' as publisher,
        (select max(edition) from {{ ref('ref_gdp_deflator') }}) as edition,
        (select max(edition) from {{ ref('gdp_deflator') }}) as shipped_edition,
        'GDP_Deflators_….xlsx' as renewed_by
    union all
    select
        'GDP deflator, financial years' as reference_table,
        'HM Treasury' as publisher,
        (select max(edition) from {{ ref('ref_gdp_deflator_financial') }}) as edition,
        (select max(edition) from {{ ref('gdp_deflator_financial') }}) as shipped_edition,
        'GDP_Deflators_….xlsx' as renewed_by
    union all
    select
        'Subregional productivity' as reference_table,
        'Office for National Statistics' as publisher,
        (select max(edition) from {{ ref('ref_area_productivity') }}) as edition,
        (select max(edition) from {{ ref('area_productivity') }}) as shipped_edition,
        'itlproductivity ….xlsx' as renewed_by
    union all
    select
        'Postcode directory' as reference_table,
        'Office for National Statistics' as publisher,
        (select max(edition) from {{ ref('stg_reference__postcodes') }}) as edition,
        (select max(edition) from {{ ref('stg_reference__shipped_edition') }}) as shipped_edition,
        'ONSPD_….zip' as renewed_by
    union all
    select
        'Company register' as reference_table,
        'Companies House' as publisher,
        (select max(edition) from {{ ref('stg_companies_house__editions') }}) as edition,
        cast(null as varchar) as shipped_edition,
        'BasicCompanyDataAsOneFile-….zip' as renewed_by
    {%- for list_name, area, publisher, renewed_by in charity_lists %}
    union all
    select
        'Charity register, {{ area }}' as reference_table,
        '{{ publisher }}' as publisher,
        (
            select max(edition)
            from {{ ref('stg_charity_registers__editions') }}
            where list_name = '{{ list_name }}'
        ) as edition,
        cast(null as varchar) as shipped_edition,
        '{{ renewed_by }}' as renewed_by
    {%- endfor %}
),

dated as (
    select
        tables.*,
        cast(
            edition || case length(edition) when 4 then '-01-01' when 7 then '-01' else '' end as date
        ) as edition_on
    from tables
)

select
    reference_table,
    publisher,
    edition,
    coalesce(edition = shipped_edition, false) as is_shipped,
    cast({{ dbt.datediff('edition_on', as_of(), 'month') }} as integer) as age_months, -- noqa: LT05
    renewed_by
from dated
order by reference_table
