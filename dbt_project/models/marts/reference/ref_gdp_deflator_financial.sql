select
    year as financial_year,
    value,
    base,
    edition,
    'HM Treasury GDP deflators at market prices and money GDP' as source,
    'OGL v3.0' as licence
from {{ ref('stg_published_statistics__gdp_deflators') }}
where year_kind = 'financial_year'
order by financial_year
