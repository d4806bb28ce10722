with latest as (
    {{ latest_version(source('published_statistics', 'gdp_deflators'), ['year_kind', 'year']) }}
),

-- What an edition has not is not filled from the one before, which may have another base; but a series may come alone,
-- and the other one stands meanwhile.
newest as (
    select
        year_kind,
        max(edition) as edition
    from latest
    where _deleted_at is null
    group by year_kind
)

select
    latest.year_kind,
    latest.year,
    {{ typed('published_statistics.gdp_deflators', 'value', 'latest') }} as value,
    latest.base,
    latest.edition
from latest
inner join newest
    on latest.year_kind = newest.year_kind and latest.edition = newest.edition
where latest._deleted_at is null and {{ is_usable('published_statistics.gdp_deflators', 'latest') }}
