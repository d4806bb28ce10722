{{ config(tags=['prepare'], materialized='view') }}

-- Grants whose recipient has one identifier are one organisation's, whatever it was called: charities are renamed. An
-- identifier that stops after its scheme (`GB-CHC-`) names nobody.
with named as (
    select
        grants.*,
        min(grant_id) over (
            partition by
                case
                    when recipient_id is null or recipient_id like '%-' or recipient_id not like '%-%-_%' then grant_id
                    else lower(recipient_id)
                end
        ) as first_grant_id
    from {{ ref('stg_threesixtygiving__grants') }} as grants
    where not is_individual
)

select
    {{ organisation_record_columns('threesixtygiving', 'grant_id', {
        'name': 'recipient_name',
        'company_number': 'company_number',
        'charity_number': 'charity_number',
        'postcode': 'postcode',
        'organisation_type': numbered_organisation_type(),
        'recorded_at': 'awarded_on',
        'same_as_record_id': 'nullif(first_grant_id, grant_id)',
    }) }}
from named
