select
    indicator_key,
    fact_key,
    achieved_on,
    period_key,
    partner_key,
    organisation_key,
    cluster_key,
    local_authority_code,
    cast(
        case when final_reason is null and is_programme_period then allowed_quantity else 0 end as decimal(18, 4)
    ) as quantity,
    claimed_quantity,
    status,
    evidence_grade,
    source_system,
    source_record_id,
    source_place,
    source_ref,
    final_reason is null and is_programme_period as is_counted,
    coalesce(final_reason, case when not is_programme_period then 'outside_programme_period' end)
        as not_counted_reason
from {{ ref('int_fact__settled') }}
order by indicator_key, fact_key
