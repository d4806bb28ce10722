with current_rows as (
    {{ current_returns('businesses', ['business_ref']) }}
)

select
    partner_code,
    period_key,
    business_ref,
    partner_code || ':business:' || business_ref as organisation_record_id,
    business_name,
    {{ normalise_company_number('company_number') }} as company_number,
    {{ normalise_charity_number('charity_number') }} as charity_number,
    {{ normalise_postcode('postcode') }} as postcode,
    {{ normalise_domain('website') }} as domain,
    organisation_type,
    cluster_tag,
    size_band,
    submitted_on,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
