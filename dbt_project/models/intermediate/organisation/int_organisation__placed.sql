-- The registered office fills the breakdown of an organisation that no record places, and says nothing of whether it is
-- in the area: that is a matter of sites.
with located as (
    select
        attributes.*,
        registered.cluster_key as registered_cluster_key,
        registered.sic_code,
        registered.sic_version,
        registered.company_status,
        registered.register_edition,
        coalesce(attributes.postcode, registered.postcode) as known_postcode,
        coalesce(
            attributes.postcode_source, case when registered.postcode is not null then 'register' end
        ) as known_postcode_source
    from {{ ref('int_organisation__attribute') }} as attributes
    left join {{ ref('int_organisation__registered') }} as registered
        on attributes.organisation_key = registered.organisation_key
)

select
    located.organisation_key,
    coalesce(located.name, 'Unnamed organisation') as name,
    located.company_number,
    located.charity_number,
    located.known_postcode as postcode,
    located.known_postcode_source as postcode_source,
    coalesce(
        located.organisation_type,
        case
            when located.charity_number is not null then 'third_sector'
            when located.company_number is not null then 'business'
            when located.is_named_as_business then 'business'
            else 'unknown'
        end
    ) as organisation_type,
    coalesce(located.cluster_key, located.registered_cluster_key, 'unknown') as cluster_key,
    case
        when located.cluster_key is not null then 'tag'
        when located.registered_cluster_key is not null then 'sic'
        else 'unknown'
    end as cluster_source,
    located.sic_code,
    located.sic_version,
    located.company_status,
    located.register_edition,
    located.size_band,
    coalesce({{ authority_of('located.known_postcode') }}, 'unknown') as local_authority_code,
    case when located.postcode is not null then directory.local_authority_code is not null end as is_in_area,
    -- Subsidy limits are those of an enterprise group; who is in none is one by itself.
    coalesce(groups.group_key, located.organisation_key) as group_key
from located
left join {{ ref('stg_reference__postcodes') }} as directory
    on located.known_postcode = directory.postcode
left join {{ ref('stg_registers__groups') }} as groups
    on located.company_number = groups.company_number
