with current_rows as (
    {{ current_records('leverage') }}
)

select
    partner_code,
    period_key,
    record_ref,
    {{ reference_key('agreement_ref') }} as agreement_ref,
    {{ reference_key('tranche') }} as tranche,
    stage,
    partner_code || ':leverage:' || record_ref || ':' || stage as organisation_record_id,
    source_organisation,
    {{ normalise_company_number('company_number') }} as company_number,
    source_type,
    kind as leverage_kind,
    {{ typed('returns.leverage', 'amount_gbp') }} as amount_gbp,
    {{ typed('returns.leverage', 'stage_reached_on') }} as stage_reached_on,
    {{ typed('returns.leverage', 'agreement_signed_on') }} as agreement_signed_on,
    intervention_ref,
    status as record_status,
    evidence,
    submitted_on,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
