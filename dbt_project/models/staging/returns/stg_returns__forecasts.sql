with current_rows as (
    {{ current_returns('forecasts', ['indicator_key', 'forecast_period_key']) }}
)

select
    partner_code,
    period_key,
    indicator_key,
    forecast_period_key,
    cast(forecast_value as decimal(18, 4)) as forecast_value,
    source_place,
    _source_record as source_record
from current_rows
