with latest as (
    {{ latest_version(source('published_statistics', 'area_productivity'), ['itl_code', 'calendar_year', 'measure']) }}
),

-- A sheet of a newer edition may come alone, as CSV; the other one stands meanwhile.
newest as (
    select
        measure,
        max(edition) as edition
    from latest
    where _deleted_at is null
    group by measure
)

select
    latest.itl_code,
    latest.itl_level,
    latest.name,
    {{ typed('published_statistics.area_productivity', 'calendar_year', 'latest') }} as calendar_year,
    latest.measure,
    {{ typed('published_statistics.area_productivity', 'value', 'latest') }} as value,
    latest.sheet,
    latest.edition
from latest
inner join newest
    on latest.measure = newest.measure and latest.edition = newest.edition
where latest._deleted_at is null and {{ is_usable('published_statistics.area_productivity', 'latest') }}
