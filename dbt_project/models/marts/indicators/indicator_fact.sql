-- What another funder counts too stays a claim of this programme (domain.md 2.1 R9).
select
    facts.indicator_key,
    fact_key,
    unit_key,
    achieved_on,
    period_key,
    claimed_on,
    claimed_period_key,
    partner_key,
    organisation_key,
    cluster_key,
    local_authority_code,
    {{ divided('exact_quantity', 'exact_per_unit') }} as quantity,
    {{ divided('exact_claimed_quantity', 'exact_per_unit') }} as claimed_quantity,
    cast(exact_quantity as decimal(18, 4)) as exact_quantity,
    cast(exact_claimed_quantity as decimal(18, 4)) as exact_claimed_quantity,
    exact_unit,
    exact_per_unit,
    status,
    evidence_grade,
    source_system,
    source_record_id,
    source_place,
    source_ref,
    not_counted_reason is null as is_counted,
    not_counted_reason,
    is_as_locked,
    elsewhere.also_claimed_under,
    elsewhere.programme_share
from {{ ref('int_fact__reported') }} as facts
left join {{ ref('int_fact__elsewhere') }} as elsewhere
    on
        facts.indicator_key = elsewhere.indicator_key
        and facts.partner_key = elsewhere.partner_code
        and {{ reference_key('facts.source_ref') }} = elsewhere.reference_key
order by facts.indicator_key, fact_key
