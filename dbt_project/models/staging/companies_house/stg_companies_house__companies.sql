-- A view: of millions of companies only those that the programme met are looked at.
{{ config(materialized='view') }}

with latest as (
    {{ latest_version(source('companies_house', 'companies'), ['company_number']) }}
),

editions as (
    select max(edition) as edition
    from {{ source('companies_house', 'editions') }}
)

select
    latest.company_number,
    latest.name,
    {{ normalise_postcode('latest.postcode') }} as postcode,
    latest.category,
    case
        when latest._deleted_at is not null then 'not_listed'
        else {{ register_slug('latest.status') }}
    end as company_status,
    {{ typed('companies_house.companies', 'incorporated_on', 'latest') }} as incorporated_on,
    {{ typed('companies_house.companies', 'dissolved_on', 'latest') }} as dissolved_on,
    {{ sic_code('latest.sic_text_1') }} as sic_code_1,
    {{ sic_code('latest.sic_text_2') }} as sic_code_2,
    {{ sic_code('latest.sic_text_3') }} as sic_code_3,
    {{ sic_code('latest.sic_text_4') }} as sic_code_4,
    {{ sic_version([
        'latest.sic_text_1', 'latest.sic_text_2', 'latest.sic_text_3', 'latest.sic_text_4'
    ]) }} as sic_version,
    editions.edition,
    latest._source_record as source_record
from latest
cross join editions
