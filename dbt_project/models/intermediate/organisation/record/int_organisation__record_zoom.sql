{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('zoom', 'registrant_id', {
        'name': 'organisation_name',
        'domain': 'email_domain',
        'recorded_at': 'created_at',
    }) }}
from {{ ref('stg_zoom__registrants') }}
where organisation_name is not null
