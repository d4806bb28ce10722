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
    cast(contracted_hours as decimal(12, 4)) as contracted_hours,
    contract as contract_type,
    cast(expected_months as decimal(12, 4)) as expected_months,
    post_kind,
    cast(started_on as date) as started_on,
    filled = 'yes' as is_filled,
    cast(baseline_fte as decimal(12, 4)) as baseline_fte,
    cast(follow_up_fte as decimal(12, 4)) as follow_up_fte,
    cast(follow_up_on as date) as follow_up_on,
    business_status = 'insolvent' as is_business_insolvent,
    status as record_status,
    evidence,
    submitted_on,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
