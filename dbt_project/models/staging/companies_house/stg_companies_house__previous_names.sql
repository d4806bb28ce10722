{{ config(materialized='view') }}

with latest as (
    {{ latest_version(source('companies_house', 'previous_names'), ['company_number', 'position']) }}
)

select
    company_number,
    {{ typed('companies_house.previous_names', 'position') }} as name_position,
    name,
    {{ typed('companies_house.previous_names', 'changed_on') }} as changed_on,
    _source_record as source_record
from latest
where _deleted_at is null and {{ is_usable('companies_house.previous_names') }}
