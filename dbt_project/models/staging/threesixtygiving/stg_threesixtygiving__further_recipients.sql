{%- set fields = ['number', 'id', 'name', 'charity_number', 'company_number', 'postal_code'] %}

with listed as (
    select
        grant_id,
        awarded_on,
        {{ json_to_rows('further_recipients', fields) }} as recipient
    from {{ ref('stg_threesixtygiving__grants') }}
    where further_recipients is not null
)

select
    grant_id,
    grant_id || ':recipient:' || recipient.number as organisation_record_id,
    awarded_on,
    recipient.id as recipient_id,
    recipient.name as recipient_name,
    coalesce(
        {{ normalise_company_number('recipient.company_number') }},
        {{ company_number_of('recipient.id') }}
    ) as company_number,
    coalesce(
        {{ normalise_charity_number('recipient.charity_number') }},
        {{ charity_number_of('recipient.id') }}
    ) as charity_number,
    {{ normalise_postcode('recipient.postal_code') }} as postcode
from listed
