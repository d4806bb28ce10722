with latest as (
    {{ latest_version(source('innovate_uk_claims', 'profiles'), ['id']) }}
)

select
    id as profile_id,
    record_type,
    participant_id,
    cost_category_id,
    {{ typed('innovate_uk_claims.profiles', 'period_number') }} as period_number,
    {{ programme_date('period_starts_on') }} as period_starts_on,
    {{ programme_date('period_ends_on') }} as period_ends_on,
    {{ typed('innovate_uk_claims.profiles', 'forecast_cost') }} as forecast_cost_gbp,
    _source_record as source_record
from latest
where _deleted_at is null
