{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('threesixtygiving', 'grant_id', {
        'name': 'recipient_name',
        'company_number': 'company_number',
        'charity_number': 'charity_number',
        'postcode': 'postcode',
        'organisation_type': "case when charity_number is not null then 'third_sector' when company_number is not null then 'business' end",
        'recorded_at': 'awarded_on',
    }) }}
from {{ ref('stg_threesixtygiving__grants') }}
where not is_individual
