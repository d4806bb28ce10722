-- A platform has a model of its own in `platform/`.
-- noqa: disable=LT02

with platform_events as (
    {%- for member in union_members('int_event__platform_') %}
    select * from {{ ref(member) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

known_events as (
    select
        events.event_key,
        events.platform_event_id,
        coalesce(returned.title, events.title) as title,
        events.starts_on,
        events.ends_on,
        coalesce(returned.mode, case when events.is_online then 'online' else 'in_person' end) as mode,
        coalesce(returned.venue_postcode, events.venue_postcode) as venue_postcode,
        coalesce(returned.partner_code, events.partner_code) as partner_key,
        coalesce(returned.attribution, 'not_returned') as attribution,
        events.is_cancelled,
        returned.headcount,
        returned.signed_in,
        returned.sheet_holds,
        coalesce(returned.evidence, events.evidence) as evidence,
        returned.record_ref as event_ref,
        returned.possible_duplicate_of,
        returned.file_name,
        returned.source_place,
        coalesce(returned.source_record, events.source_record) as source_record,
        events.platform as source_system
    from platform_events as events
    left join {{ ref('int_event__returned') }} as returned
        on events.event_key = returned.event_key
),

-- Returned events that no platform knows: held without one, or not readable there (yet).
other_events as (
    select
        returned.event_key,
        returned.platform_event_id,
        returned.title,
        returned.held_on as starts_on,
        returned.ends_on,
        returned.mode,
        returned.venue_postcode,
        returned.partner_code as partner_key,
        returned.attribution,
        false as is_cancelled,
        returned.headcount,
        returned.signed_in,
        returned.sheet_holds,
        returned.evidence,
        returned.record_ref as event_ref,
        returned.possible_duplicate_of,
        returned.file_name,
        returned.source_place,
        returned.source_record,
        'returns' as source_system
    from {{ ref('int_event__returned') }} as returned
    left join platform_events as events
        on returned.event_key = events.event_key
    where events.event_key is null
)

select * from known_events
union all
select * from other_events
