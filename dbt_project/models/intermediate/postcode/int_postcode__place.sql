{{ config(tags=['prepare']) }}

-- Of millions of postcodes those that records name, or that a register gives whom they name by number.
with named as (
    select postcode from {{ ref('int_organisation__record') }}
    union
    select names.postcode
    from {{ ref('int_company__name') }} as names
    inner join {{ ref('int_organisation__record') }} as records
        on names.company_number = records.company_number
    union
    select names.postcode
    from {{ ref('int_charity__name') }} as names
    inner join {{ ref('int_organisation__record') }} as records
        on names.charity_number = records.charity_number
)

select
    named.postcode,
    cast(directory.easting as integer) as easting,
    cast(directory.northing as integer) as northing
from named
inner join {{ ref('stg_postcode_directory__postcodes') }} as directory
    on named.postcode = directory.postcode
where directory.easting is not null and directory.northing is not null
