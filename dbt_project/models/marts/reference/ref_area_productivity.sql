select
    itl_code,
    itl_level,
    name,
    calendar_year,
    measure,
    value,
    unit,
    is_smoothed,
    sheet,
    itl_vintage,
    edition,
    source,
    licence
from {{ ref('area_productivity') }}
order by itl_code, calendar_year, measure
