{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('innovate_uk', 'participation_id', {
        'name': 'participant_name',
        'company_number': 'company_number',
        'postcode': 'postcode',
        'organisation_type': 'organisation_type',
        'size_band': 'size_band',
        'recorded_at': 'starts_on',
    }) }}
from {{ ref('stg_innovate_uk__participants') }}
