-- Where those who work with an organisation have it: of several places one in the area, then what most of them say.
-- Grants, tickets and registers give addresses of other kinds and have no say. Grain: organisation with a site.
with stated as (
    select
        resolved.organisation_key,
        {{ authority_of('resolved.postcode') }} as local_authority_code
    from {{ ref('int_organisation__resolved') }} as resolved
    left join {{ ref('stg_reference__postcodes') }} as directory
        on resolved.postcode = directory.postcode
    where {{ works_with_it('resolved.source_system') }} and resolved.postcode is not null
),

ranked as (
    select
        organisation_key,
        local_authority_code,
        row_number() over (
            partition by organisation_key
            order by
                case when local_authority_code = 'outside' then 1 else 0 end,
                count(*) desc,
                local_authority_code
        ) as site_rank
    from stated
    group by organisation_key, local_authority_code
)

select
    organisation_key,
    local_authority_code,
    local_authority_code <> 'outside' as is_in_area
from ranked
where site_rank = 1
