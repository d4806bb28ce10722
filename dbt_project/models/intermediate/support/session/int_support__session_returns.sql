{{ config(materialized='view') }}

select
    'returns:' || partner_code || ':' || record_ref as session_key,
    'returns:' || partner_code || ':' || record_ref as meeting_key,
    partner_code as partner_key,
    'returns' as source_system,
    partner_code || ':business:' || business_record_ref as organisation_record_id,
    partner_code || ':business:' || business_record_ref as fact_ref,
    business_record_ref as source_ref,
    supported_on,
    support_minutes,
    channel,
    is_generic_advice,
    evidence,
    source_record,
    source_place
from {{ ref('stg_returns__support_sessions') }}
