{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('dataverse', 'account_id', {
        'name': 'account_name',
        'company_number': 'company_number',
        'charity_number': 'charity_number',
        'postcode': 'postcode',
        'domain': 'domain',
        'organisation_type': 'organisation_type',
        'cluster_tag': 'cluster_tag',
        'size_band': 'size_band',
        'recorded_at': 'created_at',
    }) }}
from {{ ref('stg_dataverse__accounts') }}
union all
-- The loser of a merge is a record that other sources may still name: it belongs to its winner.
select
    {{ organisation_record_columns('dataverse', 'loser_id', {'same_as_record_id': 'winner_id'}) }}
from {{ ref('stg_dataverse__account_merges') }}
