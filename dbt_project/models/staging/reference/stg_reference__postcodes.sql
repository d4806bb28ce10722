-- A directory that was dropped in the inbox stands where it is no older than the shipped extract; of postcodes that it
-- does not list, and where it is older, the extract does.
with shipped as (
    select
        postcode,
        local_authority_code,
        edition
    from {{ source('reference', 'postcode_wmca_2025') }}
),

given as (
    select
        directory.postcode,
        directory.local_authority_code,
        directory.edition
    from {{ ref('stg_postcode_directory__postcodes') }} as directory
),

together as (
    select
        shipped.postcode,
        shipped.local_authority_code,
        shipped.edition
    from shipped
    union all
    select
        given.postcode,
        given.local_authority_code,
        given.edition
    from given
),

ranked as (
    select
        together.postcode,
        together.local_authority_code,
        together.edition,
        row_number() over (partition by together.postcode order by together.edition desc) as edition_rank
    from together
)

-- What lies outside the area is known by its absence.
select
    ranked.postcode,
    ranked.local_authority_code,
    ranked.edition
from ranked
inner join {{ ref('local_authority') }} as authorities
    on ranked.local_authority_code = authorities.local_authority_code
where ranked.edition_rank = 1 and authorities.is_in_area
