{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('gateway_to_research', 'project_id', {
        'name': 'lead_organisation_name',
        'publisher_identifier': "'GTR-ORG-' || upper(lead_organisation_id)",
        'postcode': 'lead_postcode',
        'recorded_at': 'starts_on',
    }) }}
from {{ ref('stg_gateway_to_research__projects') }}
where lead_organisation_name is not null
