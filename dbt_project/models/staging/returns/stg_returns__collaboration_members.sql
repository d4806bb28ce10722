with current_rows as (
    {{ current_records('collaboration_members', 'stg_returns__part_record') }}
)

select
    partner_code,
    period_key,
    partner_code || ':' || parent_ref as collaboration_key,
    {{ typed('returns.collaboration_members', 'member_number') }} as member_number,
    partner_code || ':member:' || record_ref as organisation_record_id,
    organisation_name,
    {{ normalise_company_number('company_number') }} as company_number,
    {{ normalise_charity_number('charity_number') }} as charity_number,
    {{ normalise_postcode('postcode') }} as postcode,
    {{ normalise_domain('website') }} as domain,
    organisation_type,
    cluster_tag,
    submitted_on,
    source_place,
    _source_record as source_record
from current_rows
