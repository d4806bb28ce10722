{{ config(materialized='view') }}

select
    'hubspot:' || meetings.meeting_id || ':' || companies.company_id as session_key,
    'hubspot:' || meetings.meeting_id as meeting_key,
    {{ crm_session_columns('hubspot', 'companies.company_id', 'meetings') }},
    'hubspot/meetings/' || meetings.meeting_id as source_place
from {{ ref('stg_hubspot__meetings') }} as meetings
inner join {{ ref('stg_hubspot__meeting_companies') }} as companies
    on meetings.meeting_id = companies.meeting_id
where meetings.is_completed
