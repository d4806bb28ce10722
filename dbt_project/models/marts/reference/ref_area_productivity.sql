-- Of each measure the edition that was dropped stands, where it is no older than the shipped one; of its areas the
-- programme's.
with areas as (
    select distinct itl_code from {{ ref('area_productivity') }}
),

given as (
    select productivity.*
    from {{ ref('stg_published_statistics__area_productivity') }} as productivity
    inner join areas
        on productivity.itl_code = areas.itl_code
    where productivity.edition >= (select max(edition) from {{ ref('area_productivity') }})
)

select
    itl_code,
    itl_level,
    name,
    calendar_year,
    measure,
    value,
    case measure when 'gva_per_filled_job' then 'GBP' else 'jobs' end as unit,
    case measure when 'gva_per_filled_job' then true end as is_smoothed,
    sheet,
    'not told by the file' as itl_vintage,
    edition,
    'ONS subregional productivity' as source,
    'OGL v3.0' as licence
from given
union all
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
where measure not in (select given.measure from given)
order by itl_code, calendar_year, measure
