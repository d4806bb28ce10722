{{ config(tags=['prepare'], materialized='view') }}

-- Projects that name the leading organisation by one id are of one organisation, with a postcode or without.
with named as (
    select
        *,
        min(project_id) over (partition by coalesce(lead_organisation_id, project_id)) as first_project_id
    from {{ ref('stg_gateway_to_research__projects') }}
    where lead_organisation_name is not null
)

select
    {{ organisation_record_columns('gateway_to_research', 'project_id', {
        'name': 'lead_organisation_name',
        'postcode': 'lead_postcode',
        'recorded_at': 'starts_on',
        'same_as_record_id': 'nullif(first_project_id, project_id)',
    }) }}
from named
