-- A valid postcode that is not in the area's directory lies outside it: the directory holds every postcode, live
-- and ended, of the area. Without a valid postcode nothing is known.
select
    attributes.organisation_key,
    coalesce(attributes.name, 'Unnamed organisation') as name,
    attributes.company_number,
    attributes.charity_number,
    attributes.postcode,
    coalesce(
        attributes.organisation_type,
        case
            when attributes.charity_number is not null then 'third_sector'
            when attributes.company_number is not null then 'business'
            else 'unknown'
        end
    ) as organisation_type,
    coalesce(attributes.cluster_key, registered.cluster_key, 'unknown') as cluster_key,
    case
        when attributes.cluster_key is not null then 'tag'
        when registered.cluster_key is not null then 'sic'
        else 'unknown'
    end as cluster_source,
    registered.sic_code,
    registered.sic_version,
    registered.company_status,
    registered.register_edition,
    attributes.size_band,
    case
        when directory.local_authority_code is not null then directory.local_authority_code
        when attributes.postcode is not null then 'outside'
        else 'unknown'
    end as local_authority_code,
    case
        when directory.local_authority_code is not null then true
        when attributes.postcode is not null then false
    end as is_in_area,
    -- Subsidy limits are those of an enterprise group; who is in none is one by itself.
    coalesce(groups.group_key, attributes.organisation_key) as group_key
from {{ ref('int_organisation__attribute') }} as attributes
left join {{ ref('int_organisation__registered') }} as registered
    on attributes.organisation_key = registered.organisation_key
left join {{ ref('stg_reference__postcodes') }} as directory
    on attributes.postcode = directory.postcode
left join {{ ref('stg_registers__groups') }} as groups
    on attributes.company_number = groups.company_number
