{{ config(materialized='view') }}

select
    'dataverse:' || activity_id as session_key,
    'dataverse:' || activity_id as meeting_key,
    {{ crm_session_columns('dataverse', 'account_id', 'activities') }},
    'dataverse/activities/' || activity_id as source_place
from {{ ref('stg_dataverse__activities') }} as activities
where is_completed
