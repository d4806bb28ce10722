{{ config(tags=['prepare'], materialized='view') }}

-- Every recipient of a grant is a record, not the first alone.
{%- set given = {
    'name': 'recipient_name',
    'company_number': 'company_number',
    'charity_number': 'charity_number',
    'register_identifier': register_identifier('recipient_id'),
    'publisher_identifier': publisher_identifier('recipient_id'),
    'postcode': 'postcode',
    'organisation_type': numbered_organisation_type(),
    'recorded_at': 'awarded_on',
} %}

select
    {{ organisation_record_columns('threesixtygiving', 'grant_id', given) }}
from {{ ref('stg_threesixtygiving__grants') }}
where not is_individual
union all
select
    {{ organisation_record_columns('threesixtygiving', 'organisation_record_id', given) }}
from {{ ref('stg_threesixtygiving__further_recipients') }}
