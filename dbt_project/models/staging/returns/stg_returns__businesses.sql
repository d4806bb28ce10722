with current_rows as (
    {{ current_records('businesses') }}
)

select
    partner_code,
    period_key,
    record_ref,
    reference as business_ref,
    partner_code || ':business:' || record_ref as organisation_record_id,
    business_name,
    {{ normalise_company_number('company_number') }} as company_number,
    {{ normalise_charity_number('charity_number') }} as charity_number,
    {{ normalise_postcode('postcode') }} as postcode,
    {{ normalise_domain('website') }} as domain,
    organisation_type,
    cluster_tag,
    size_band,
    case sole_trader when 'yes' then true when 'no' then false end as is_sole_trader,
    submitted_on,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
