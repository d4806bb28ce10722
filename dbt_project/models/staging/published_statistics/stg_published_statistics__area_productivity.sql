with latest as (
    {{ latest_version(source('published_statistics', 'area_productivity'), ['itl_code', 'calendar_year', 'measure']) }}
),

newest as (
    select max(edition) as edition
    from {{ source('published_statistics', 'editions') }}
    where table_name = 'area_productivity'
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
    on latest.edition = newest.edition
where latest._deleted_at is null and {{ is_usable('published_statistics.area_productivity', 'latest') }}
