{{ config(materialized='view') }}

with latest as (
    {{ latest_version(source('companies_house', 'previous_names'), ['company_number', 'position']) }}
)

select
    company_number,
    cast(position as integer) as name_position,
    name,
    cast(changed_on as date) as changed_on,
    _source_record as source_record
from latest
where _deleted_at is null
