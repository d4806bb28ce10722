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
    cast(latest.calendar_year as integer) as calendar_year,
    latest.measure,
    cast(latest.value as decimal(18, 2)) as value,
    latest.sheet,
    latest.edition
from latest
inner join newest
    on latest.edition = newest.edition
where latest._deleted_at is null
