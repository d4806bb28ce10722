-- What an edition has not is not filled from the one before, which may have another base.
with latest as (
    {{ latest_version(source('published_statistics', 'gdp_deflators'), ['year_kind', 'year']) }}
),

newest as (
    select max(edition) as edition
    from {{ source('published_statistics', 'editions') }}
    where table_name = 'gdp_deflators'
)

select
    latest.year_kind,
    latest.year,
    {{ typed('published_statistics.gdp_deflators', 'value', 'latest') }} as value,
    latest.base,
    latest.edition
from latest
inner join newest
    on latest.edition = newest.edition
where latest._deleted_at is null and {{ is_usable('published_statistics.gdp_deflators', 'latest') }}
