select
    calendar_year,
    value,
    base,
    edition,
    source,
    licence
from {{ ref('gdp_deflator') }}
order by calendar_year
