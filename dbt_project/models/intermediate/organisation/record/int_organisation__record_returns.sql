{{ config(tags=['prepare'], materialized='view') }}

-- Businesses, members of collaborations, employers and sources of money. What kind of money it is (`source_type`) says
-- nothing of what the organisation is.
select
    {{ organisation_record_columns('returns', 'organisation_record_id', {
        'name': 'business_name',
        'company_number': 'company_number',
        'charity_number': 'charity_number',
        'postcode': 'postcode',
        'domain': 'domain',
        'organisation_type': 'organisation_type',
        'cluster_tag': 'cluster_tag',
        'size_band': 'size_band',
        'recorded_at': 'submitted_on',
    }) }}
from {{ ref('stg_returns__businesses') }}
union all
select
    {{ organisation_record_columns('returns', 'organisation_record_id', {
        'name': 'organisation_name',
        'company_number': 'company_number',
        'charity_number': 'charity_number',
        'postcode': 'postcode',
        'domain': 'domain',
        'organisation_type': 'organisation_type',
        'cluster_tag': 'cluster_tag',
        'recorded_at': 'submitted_on',
    }) }}
from {{ ref('stg_returns__collaboration_members') }}
union all
select
    {{ organisation_record_columns('returns', 'organisation_record_id', {
        'name': 'business_name',
        'company_number': 'company_number',
        'postcode': 'postcode',
        'recorded_at': 'submitted_on',
    }) }}
from {{ ref('stg_returns__jobs') }}
union all
select
    {{ organisation_record_columns('returns', 'organisation_record_id', {
        'name': 'source_organisation',
        'company_number': 'company_number',
        'recorded_at': 'submitted_on',
    }) }}
from {{ ref('stg_returns__leverage') }}
