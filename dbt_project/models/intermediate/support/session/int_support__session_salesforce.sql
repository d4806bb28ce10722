{{ config(materialized='view') }}

select
    'salesforce:' || activity_id as session_key,
    'salesforce:' || activity_id as meeting_key,
    {{ crm_session_columns('salesforce', 'account_id', 'activities') }},
    'salesforce/activities/' || activity_id as source_place
from {{ ref('stg_salesforce__activities') }} as activities
where is_completed
