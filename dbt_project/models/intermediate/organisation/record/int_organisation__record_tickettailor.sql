{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('tickettailor', 'ticket_id', {
        'name': 'organisation_name',
        'postcode': 'organisation_postcode',
        'domain': 'coalesce(organisation_domain, email_domain)',
        'recorded_at': 'created_at',
    }) }}
from {{ ref('stg_tickettailor__tickets') }}
where organisation_name is not null
