with current_rows as (
    {{ current_records('events') }}
)

select
    partner_code,
    period_key,
    record_ref,
    reference as event_ref,
    platform,
    platform_event_id,
    title,
    cast(held_on as date) as held_on,
    cast(coalesce(ends_on, held_on) as date) as ends_on,
    mode,
    {{ normalise_postcode('venue_postcode') }} as venue_postcode,
    attribution,
    cast(signed_in as integer) as signed_in,
    coalesce(sheet_holds, 'everybody') as sheet_holds,
    cast(headcount as integer) as headcount,
    evidence,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
