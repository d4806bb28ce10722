-- Persons whom a CRM knows by an address. Grain: contact.
select
    'hubspot' as source_system,
    contact_id,
    person_key,
    company_id as organisation_record_id
from {{ ref('stg_hubspot__contacts') }}
union all
select
    'salesforce' as source_system,
    contact_id,
    person_key,
    account_id as organisation_record_id
from {{ ref('stg_salesforce__contacts') }}
where person_key is not null and not is_deleted
union all
select
    'dataverse' as source_system,
    contact_id,
    person_key,
    account_id as organisation_record_id
from {{ ref('stg_dataverse__contacts') }}
where person_key is not null and not is_deleted
