{{ config(materialized='view') }}

-- Gateway to Research has no date of award: the project's start stands for it.
select
    'gateway_to_research' as source_system,
    project_id as organisation_record_id,
    'gateway_to_research:' || project_id as grant_award_key,
    4 as source_rank,
    coalesce(project_reference, project_id) as grant_id,
    project_reference as award_reference,
    cast(null as varchar) as grant_system,
    coalesce(lead_organisation_id, project_id) as recipient_ref,
    title,
    starts_on as awarded_on,
    award_gbp as amount_awarded,
    'GBP' as currency,
    cast(null as varchar) as funding_org_id,
    funder_name as funding_org_name,
    project_category as programme_title,
    false as is_individual,
    is_programme_grant,
    1 as recipients,
    'awarded' as status,
    cast(null as varchar) as regrant_type,
    cast(null as varchar) as beneficiary_geo_code,
    file_name,
    source_record,
    coalesce(file_name || '#' || project_id, 'gateway_to_research/projects/' || project_id) as source_place
from {{ ref('stg_gateway_to_research__projects') }}
