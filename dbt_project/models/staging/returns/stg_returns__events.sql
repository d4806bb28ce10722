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
    {{ typed('returns.events', 'held_on') }} as held_on,
    coalesce({{ typed('returns.events', 'ends_on') }}, {{ typed('returns.events', 'held_on') }}) as ends_on,
    mode,
    {{ normalise_postcode('venue_postcode') }} as venue_postcode,
    attribution,
    {{ typed('returns.events', 'signed_in') }} as signed_in,
    coalesce(sheet_holds, 'everybody') as sheet_holds,
    {{ typed('returns.events', 'headcount') }} as headcount,
    evidence,
    file_name,
    source_place,
    _source_record as source_record
from current_rows
