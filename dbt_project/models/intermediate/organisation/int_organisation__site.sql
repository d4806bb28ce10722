-- Where those who work with an organisation have it, else where its own people say on tickets that it is: of several
-- places one in the area, then what most say. Grants, lists and registers give addresses of other kinds and have no
-- say. Grain: organisation with a site.
with stated as (
    select
        resolved.organisation_key,
        case when {{ works_with_it('resolved.source_system') }} then 'body_or_crm' else 'ticket' end
            as postcode_source,
        {{ authority_of('resolved.postcode') }} as local_authority_code
    from {{ ref('int_organisation__resolved') }} as resolved
    left join {{ ref('stg_reference__postcodes') }} as directory
        on resolved.postcode = directory.postcode
    where
        resolved.postcode is not null
        and ({{ works_with_it('resolved.source_system') }} or {{ is_of_tickets('resolved.source_system') }})
),

ranked as (
    select
        organisation_key,
        local_authority_code,
        postcode_source,
        row_number() over (
            partition by organisation_key
            order by
                postcode_source asc,
                case when local_authority_code = 'outside' then 1 else 0 end asc,
                count(*) desc,
                local_authority_code asc
        ) as site_rank
    from stated
    group by organisation_key, local_authority_code, postcode_source
)

select
    organisation_key,
    local_authority_code,
    local_authority_code <> 'outside' as is_in_area,
    postcode_source
from ranked
where site_rank = 1
