{{ config(materialized='view') }}

select
    'mapped_grants' as source_system,
    grant_key as organisation_record_id,
    'mapped_grants:' || grant_key as grant_award_key,
    3 as source_rank,
    grant_id,
    grant_id as award_reference,
    grant_system,
    grant_system || ':' || coalesce(company_number, charity_number, grant_id) as recipient_ref,
    title,
    awarded_on,
    amount_awarded,
    currency,
    funding_org_id,
    funding_org_name,
    programme_title,
    is_individual,
    is_programme_grant,
    1 as recipients,
    status,
    cast(null as varchar) as regrant_type,
    cast(null as varchar) as beneficiary_geo_code,
    file_name,
    source_record,
    file_name || '#' || grant_id as source_place
from {{ ref('stg_mapped_grants__grants') }}
