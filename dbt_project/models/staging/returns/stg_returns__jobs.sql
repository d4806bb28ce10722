with current_rows as (
    {{ current_records('jobs') }}
)

select
    partner_code,
    period_key,
    record_ref,
    reference as post_ref,
    partner_code || ':job:' || record_ref as organisation_record_id,
    business_name,
    {{ normalise_company_number('company_number') }} as company_number,
    {{ normalise_postcode('postcode') }} as postcode,
    {{ typed('returns.jobs', 'contracted_hours') }} as contracted_hours,
    contract as contract_type,
    {{ typed('returns.jobs', 'expected_months') }} as expected_months,
    post_kind,
    {{ typed('returns.jobs', 'started_on') }} as started_on,
    filled = 'yes' as is_filled,
    {{ typed('returns.jobs', 'baseline_fte') }} as baseline_fte,
    {{ typed('returns.jobs', 'follow_up_fte') }} as follow_up_fte,
    {{ typed('returns.jobs', 'follow_up_on') }} as follow_up_on,
    business_status = 'insolvent' as is_business_insolvent,
    status as record_status,
    evidence,
    submitted_on,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
