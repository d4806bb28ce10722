{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('threesixtygiving', 'grant_id', {
        'name': 'recipient_name',
        'company_number': 'company_number',
        'charity_number': 'charity_number',
        'register_identifier': register_identifier('recipient_id'),
        'publisher_identifier': publisher_identifier('recipient_id'),
        'postcode': 'postcode',
        'organisation_type': numbered_organisation_type(),
        'recorded_at': 'awarded_on',
    }) }}
from {{ ref('stg_threesixtygiving__grants') }}
where not is_individual
