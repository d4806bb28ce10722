{{ config(materialized='view') }}

select
    'threesixtygiving' as source_system,
    grant_id as organisation_record_id,
    grant_id as grant_award_key,
    2 as source_rank,
    grant_id,
    grant_id as award_reference,
    cast(null as varchar) as grant_system,
    coalesce(recipient_id, grant_id) as recipient_ref,
    title,
    awarded_on,
    amount_awarded,
    currency,
    funding_org_id,
    funding_org_name,
    programme_title,
    is_individual,
    is_programme_grant,
    recipients,
    'awarded' as status,
    regrant_type,
    beneficiary_geo_code,
    file_name,
    source_record,
    source_place
from {{ ref('stg_threesixtygiving__grants') }}
