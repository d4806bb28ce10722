{{ config(tags=['prepare'], materialized='view') }}

select
    {{ organisation_record_columns('hubspot', 'companies.company_id', {
        'name': 'companies.company_name',
        'company_number': 'companies.company_number',
        'charity_number': 'companies.charity_number',
        'postcode': 'companies.postcode',
        'domain': 'companies.domain',
        'organisation_type': 'companies.organisation_type',
        'cluster_tag': 'companies.cluster_tag',
        'size_band': 'companies.size_band',
        'recorded_at': 'companies.created_at',
    }) }}
from {{ ref('stg_hubspot__companies') }} as companies
union all
-- The loser of a merge is a record that other sources may still name: it belongs to its winner.
select
    {{ organisation_record_columns('hubspot', 'loser_id', {'same_as_record_id': 'winner_id'}) }}
from {{ ref('stg_hubspot__company_merges') }}
