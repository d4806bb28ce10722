with latest as (
    {{ latest_version(source('innovate_uk_claims', 'claims'), ['id']) }}
)

select
    id as claim_id,
    record_type,
    participant_id,
    cost_category_id,
    status,
    case
        when status in ('New', 'Draft') then 'not_submitted'
        when status in ('Submitted', 'MO Queried', 'Awaiting IUK Approval', 'Innovate Queried', 'Awaiting IAR')
            then 'in_review'
        when status in ('Approved', 'Payment Requested') then 'approved'
        when status = 'Paid' then 'paid'
        else 'other'
    end as claim_state,
    {{ typed('innovate_uk_claims.claims', 'period_number') }} as period_number,
    {{ programme_date('period_starts_on') }} as period_starts_on,
    {{ programme_date('period_ends_on') }} as period_ends_on,
    {{ typed('innovate_uk_claims.claims', 'period_cost') }} as period_cost_gbp,
    {{ typed('innovate_uk_claims.claims', 'costs_approved') }} as costs_approved_gbp,
    {{ programme_date('approved_on') }} as approved_on,
    {{ programme_date('paid_on') }} as paid_on,
    coalesce(lower(is_final) = 'true', false) as is_final,
    {{ typed('innovate_uk_claims.claims', 'category_cost') }} as category_cost_gbp,
    _source_record as source_record
from latest
where _deleted_at is null
