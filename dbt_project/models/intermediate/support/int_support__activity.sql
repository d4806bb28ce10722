-- Everything that can make a business assisted, in order of time: verified hours and programme grants, added up over
-- all cluster bodies. Grain: session and business, or grant.
with activities as (
    select
        session_key as activity_key,
        'businesses_assisted:' || claim_ref as fact_key,
        partner_key,
        organisation_key,
        supported_on as happened_on,
        case when is_verified then coalesce(support_hours, 0) else 0 end as verified_hours,
        cast(0 as decimal(18, 2)) as grant_gbp,
        evidence,
        evidence_grade,
        source_ref,
        source_system,
        source_record,
        source_place
    from {{ ref('int_support__session') }}
    union all
    select
        'threesixtygiving:' || grants.grant_id as activity_key,
        'businesses_assisted:threesixtygiving:' || grants.recipient_id as fact_key,
        cast(null as varchar) as partner_key,
        resolved.organisation_key,
        grants.awarded_on as happened_on,
        cast(0 as decimal(12, 4)) as verified_hours,
        -- The standard states no shares: of a grant to several, no recipient is known to have had any sum. What is to
        -- be granted again is not the recipient's.
        case when grants.recipients > 1 or grants.regrant_type is not null then 0 else grants.amount_awarded end
            as grant_gbp,
        'grant_award' as evidence,
        'A' as evidence_grade,
        grants.recipient_id as source_ref,
        'threesixtygiving' as source_system,
        grants.source_record,
        grants.source_place
    from {{ ref('stg_threesixtygiving__grants') }} as grants
    inner join {{ ref('int_organisation__resolved') }} as resolved
        on
            resolved.source_system = 'threesixtygiving'
            and grants.grant_id = resolved.source_record_id
    where grants.is_programme_grant and grants.currency = 'GBP'
),

running as (
    select
        activities.*,
        sum(verified_hours) over (
            partition by organisation_key order by happened_on, activity_key
            rows between unbounded preceding and current row
        ) as hours_so_far,
        sum(grant_gbp) over (
            partition by organisation_key order by happened_on, activity_key
            rows between unbounded preceding and current row
        ) as grants_so_far
    from activities
),

flagged as (
    select
        running.*,
        hours_so_far >= {{ parameter('assisted_hours') }}
        or grants_so_far >= {{ parameter('assisted_grant_gbp') }} as is_assisted_by_now,
        hours_so_far >= {{ parameter('light_touch_hours') }} as is_light_touch_by_now
    from running
)

select
    flagged.*,
    is_assisted_by_now and row_number() over (
        partition by organisation_key, is_assisted_by_now order by happened_on, activity_key
    ) = 1 as is_crossing,
    is_light_touch_by_now and row_number() over (
        partition by organisation_key, is_light_touch_by_now order by happened_on, activity_key
    ) = 1 as is_light_touch_crossing,
    max(case when is_assisted_by_now then 1 else 0 end) over (partition by organisation_key) = 1
        as is_organisation_assisted
from flagged
