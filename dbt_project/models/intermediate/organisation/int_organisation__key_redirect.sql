-- Every key that was given up, and the one its organisation goes on under: a key that was given up later leads on.
with recursive in_use as (
    select distinct organisation_key from {{ source('registry', 'organisation_record') }}
),

given_up as (
    select
        old_organisation_key,
        new_organisation_key
    from (
        select
            events.old_organisation_key,
            events.new_organisation_key,
            row_number() over (
                partition by events.old_organisation_key order by events.happened_at desc, events.event_key desc
            ) as recency
        from {{ source('identity', 'organisation_key_event') }} as events
        left join in_use
            on events.old_organisation_key = in_use.organisation_key
        where events.change = 'merged' and in_use.organisation_key is null
    ) as ranked
    where recency = 1
),

reached as (
    select
        old_organisation_key,
        new_organisation_key
    from given_up
    union
    select
        reached.old_organisation_key,
        given_up.new_organisation_key
    from reached
    inner join given_up
        on reached.new_organisation_key = given_up.old_organisation_key
)

select
    reached.old_organisation_key,
    reached.new_organisation_key as current_organisation_key
from reached
inner join in_use
    on reached.new_organisation_key = in_use.organisation_key
