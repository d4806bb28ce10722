{{ config(materialized='view') }}

select
    'threesixtygiving' as source_system,
    grant_id as organisation_record_id,
    grant_id as grant_award_key,
    grant_id,
    title,
    awarded_on,
    amount_awarded,
    currency,
    funding_org_id,
    funding_org_name,
    programme_title,
    is_individual,
    is_programme_grant,
    'awarded' as status,
    file_name,
    source_record
from {{ ref('stg_threesixtygiving__grants') }}
