{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('eventbrite', 'attendee_id', {
        'name': 'organisation_name',
        'postcode': 'organisation_postcode',
        'domain': 'coalesce(organisation_domain, email_domain)',
        'recorded_at': 'created_at',
    }) }}
from {{ ref('stg_eventbrite__attendees') }}
where organisation_name is not null
