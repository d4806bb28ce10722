{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('innovate_uk_claims', 'participant_id', {
        'name': 'organisation_name',
        'postcode': 'postcode',
        'recorded_at': 'created_at',
    }) }}
from {{ ref('stg_innovate_uk_claims__participants') }}
where organisation_name is not null
