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
    cast({{ dbt.safe_cast('period_number', 'decimal(12, 2)') }} as integer) as period_number,
    {{ programme_date('period_starts_on') }} as period_starts_on,
    {{ programme_date('period_ends_on') }} as period_ends_on,
    {{ dbt.safe_cast('period_cost', 'decimal(18, 2)') }} as period_cost_gbp,
    {{ dbt.safe_cast('costs_approved', 'decimal(18, 2)') }} as costs_approved_gbp,
    {{ programme_date('approved_on') }} as approved_on,
    {{ programme_date('paid_on') }} as paid_on,
    coalesce(lower(is_final) = 'true', false) as is_final,
    {{ dbt.safe_cast('category_cost', 'decimal(18, 2)') }} as category_cost_gbp,
    _source_record as source_record
from latest
where _deleted_at is null
