-- A grant lies where it says itself: in the authority that benefits, else at its recipient's postcode. Where it says
-- neither, the registered office stands for it; what other records say of the recipient never does. Grain: grant of a
-- source.
with located as (
    select
        grants.grant_award_key,
        case
            when beneficiaries.is_in_area then beneficiaries.local_authority_code
            -- Codes of local authorities; those of wards, regions and countries place nothing here.
            when {{ regex_match('grants.beneficiary_geo_code', '^(E0[6-9]|W06|S12|N09)[0-9]{6}$') }} then 'outside'
        end as beneficiary_authority_code,
        {{ authority_of('grants.recipient_postcode') }} as recipient_authority_code,
        case when placed.postcode_source = 'register' then placed.local_authority_code end
            as registered_authority_code
    from {{ ref('int_grant__award') }} as grants
    left join {{ ref('local_authority') }} as beneficiaries
        on grants.beneficiary_geo_code = beneficiaries.local_authority_code
    left join {{ ref('stg_reference__postcodes') }} as directory
        on grants.recipient_postcode = directory.postcode
    left join {{ ref('int_organisation__placed') }} as placed
        on grants.organisation_key = placed.organisation_key
)

select
    grant_award_key,
    coalesce(beneficiary_authority_code, recipient_authority_code, registered_authority_code, 'unknown')
        as local_authority_code,
    case
        when beneficiary_authority_code is not null then 'beneficiary'
        when recipient_authority_code is not null then 'recipient'
        when registered_authority_code is not null then 'register'
    end as postcode_source
from located
