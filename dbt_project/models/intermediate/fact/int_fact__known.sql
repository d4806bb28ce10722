-- The facts as they are known tonight, with what each adds to a figure on either basis, in its exact unit.
with settled as (
    select
        settled.*,
        cast(case when final_reason is null then allowed_quantity else 0 end as decimal(18, 4)) as exact_quantity,
        cast(claimed_quantity as decimal(18, 4)) as exact_claimed_quantity
    from {{ ref('int_fact__settled') }} as settled
)

select
    indicator_key,
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
    exact_quantity,
    exact_claimed_quantity,
    exact_unit,
    exact_per_unit,
    status,
    evidence_grade,
    source_system,
    source_record_id,
    source_place,
    source_ref,
    final_reason as not_counted_reason,
    {{ verified_amount('final_reason is null', 'status', 'exact_quantity') }} as verified_amount,
    {{ claimed_amount('status', 'exact_claimed_quantity') }} as claimed_amount
from settled
