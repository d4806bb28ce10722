{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('mapped_grants', 'grant_key', {
        'name': 'recipient_name',
        'company_number': 'company_number',
        'charity_number': 'charity_number',
        'postcode': 'postcode',
        'organisation_type': numbered_organisation_type(),
        'recorded_at': 'awarded_on',
    }) }}
from {{ ref('stg_mapped_grants__grants') }}
where not is_individual
