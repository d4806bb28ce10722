-- Pseudo codes (Channel Islands, Isle of Man) and places without a grid reference are not places.
{{ config(materialized='view') }}

with latest as (
    {{ latest_version(source('postcode_directory', 'postcodes'), ['postcode']) }}
),

editions as (
    select max(edition) as edition
    from {{ source('postcode_directory', 'editions') }}
)

select
    latest.postcode,
    case when latest.local_authority_code not like '%99999999' then latest.local_authority_code end
        as local_authority_code,
    latest.ended_in is not null as is_ended,
    latest.ended_in,
    case
        when not {{ has_no_grid('latest') }} then {{ typed('postcode_directory.postcodes', 'easting', 'latest') }}
    end as easting,
    case
        when not {{ has_no_grid('latest') }} then {{ typed('postcode_directory.postcodes', 'northing', 'latest') }}
    end as northing,
    editions.edition,
    latest._source_record as source_record
from latest
cross join editions
where latest._deleted_at is null
