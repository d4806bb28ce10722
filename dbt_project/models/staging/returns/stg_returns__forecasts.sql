with ranked as (
    select
        landed.*,
        row_number() over (
            partition by landed.partner_code, landed.indicator_key, landed.forecast_period_key
            order by landed.period_key desc, cast(landed.row_number as integer) desc
        ) as forecast_rank
    from ({{ current_rows('forecasts') }}) as landed
)

select
    partner_code,
    period_key,
    indicator_key,
    forecast_period_key,
    {{ typed('returns.forecasts', 'forecast_value') }} as forecast_value,
    source_place,
    _source_record as source_record
from ranked
where forecast_rank = 1
