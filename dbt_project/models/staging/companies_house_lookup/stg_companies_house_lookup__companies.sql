with latest as (
    {{ latest_version(source('companies_house_lookup', 'companies'), ['id']) }}
)

select
    id as company_number,
    name,
    {{ normalise_postcode('postcode') }} as postcode,
    kind as category,
    {{ register_slug("coalesce(nullif(status_detail, ''), status)") }} as company_status,
    {{ typed('companies_house_lookup.companies', 'incorporated_on') }} as incorporated_on,
    {{ typed('companies_house_lookup.companies', 'ceased_on') }} as dissolved_on,
    {{ sic_code('sic_1') }} as sic_code_1,
    {{ sic_code('sic_2') }} as sic_code_2,
    {{ sic_code('sic_3') }} as sic_code_3,
    {{ sic_code('sic_4') }} as sic_code_4,
    {{ sic_version(['sic_1', 'sic_2', 'sic_3', 'sic_4']) }} as sic_version,
    _source_record as source_record
from latest
where _deleted_at is null
