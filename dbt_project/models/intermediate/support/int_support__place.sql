-- Where an organisation was supported: the site in the area that was given most by the records that carry the support;
-- where they name none, its site. What else is said of it fills the breakdown alone, and never says whether it is in
-- the area. Grain: organisation with support.
with places as (
    select
        organisation_key,
        local_authority_code,
        row_number() over (
            partition by organisation_key
            order by
                case when local_authority_code = 'outside' then 1 else 0 end,
                sum(verified_minutes) desc,
                sum(grant_gbp) desc,
                local_authority_code
        ) as place_rank
    from {{ ref('int_support__activity') }}
    where local_authority_code is not null and not is_void
    group by organisation_key, local_authority_code
),

supported as (
    select distinct organisation_key
    from {{ ref('int_support__activity') }}
)

select
    supported.organisation_key,
    coalesce(places.local_authority_code, sites.local_authority_code, placed.local_authority_code)
        as local_authority_code,
    coalesce(places.local_authority_code <> 'outside', sites.is_in_area) as is_in_area,
    case
        when places.local_authority_code is not null then 'support'
        else coalesce(sites.postcode_source, placed.postcode_source)
    end as postcode_source
from supported
inner join {{ ref('int_organisation__placed') }} as placed
    on supported.organisation_key = placed.organisation_key
left join {{ ref('int_organisation__site') }} as sites
    on supported.organisation_key = sites.organisation_key
left join places
    on supported.organisation_key = places.organisation_key and places.place_rank = 1
