{# A table of deflators: the edition that was dropped stands, whole, where it is no older than the shipped one (a seed). #}
{% macro gdp_deflators(year_kind, year, year_type, shipped) %}
with given as (
    select
        cast(year as {{ year_type }}) as {{ year }},
        value,
        base,
        edition
    from {{ ref('stg_published_statistics__gdp_deflators') }}
    where year_kind = '{{ year_kind }}' and edition >= (select max(edition) from {{ ref(shipped) }})
)

select
    {{ year }},
    value,
    base,
    edition,
    'HM Treasury GDP deflators at market prices and money GDP' as source,
    'OGL v3.0' as licence
from given
union all
select
    {{ year }},
    value,
    base,
    edition,
    source,
    licence
from {{ ref(shipped) }}
where not exists (select 1 from given)
order by {{ year }}
{% endmacro %}
