-- The edition that was dropped stands, whole, where it is no older than the shipped one.
with given as (
    select
        cast(year as integer) as calendar_year,
        value,
        base,
        edition
    from {{ ref('stg_published_statistics__gdp_deflators') }}
    where year_kind = 'calendar_year' and edition >= (select max(edition) from {{ ref('gdp_deflator') }})
)

select
    calendar_year,
    value,
    base,
    edition,
    'HM Treasury GDP deflators at market prices and money GDP' as source,
    'OGL v3.0' as licence
from given
union all
select
    calendar_year,
    value,
    base,
    edition,
    source,
    licence
from {{ ref('gdp_deflator') }}
where not exists (select 1 from given)
order by calendar_year
