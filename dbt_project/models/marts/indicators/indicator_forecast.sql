select
    forecasts.indicator_key,
    forecasts.forecast_period_key as period_key,
    forecasts.partner_code as partner_key,
    forecasts.forecast_value,
    forecasts.period_key as returned_period_key
from {{ ref('stg_returns__forecasts') }} as forecasts
order by indicator_key, period_key, partner_key
