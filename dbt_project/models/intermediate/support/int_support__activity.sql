-- Everything that can make a business assisted, in order of time: verified minutes and programme grants, added up over
-- all cluster bodies, within the programme's period and outside it apart. Grain: session and record of a business, or
-- grant.
with activities as (
    select
        session_key as activity_key,
        'businesses_assisted:' || fact_ref as fact_key,
        partner_key,
        organisation_key,
        organisation_postcode,
        supported_on as happened_on,
        case when not_counted_reason is null then coalesce(support_minutes, 0) else 0 end as verified_minutes,
        cast(0 as decimal(18, 2)) as grant_gbp,
        evidence,
        evidence_grade,
        not_counted_reason,
        source_ref,
        source_system,
        source_record,
        source_place
    from {{ ref('int_support__session') }}
    where coalesce(not_counted_reason, '') <> 'body_not_registered'
    union all
    select
        'grant:' || grant_award_key as activity_key,
        'businesses_assisted:' || fact_ref as fact_key,
        cast(null as varchar) as partner_key,
        organisation_key,
        recipient_postcode as organisation_postcode,
        awarded_on as happened_on,
        0 as verified_minutes,
        case when not_counted_reason is null then amount_gbp else 0 end as grant_gbp,
        'grant_award' as evidence,
        'A' as evidence_grade,
        not_counted_reason,
        recipient_ref as source_ref,
        source_system,
        source_record,
        source_place
    from {{ ref('int_support__grant') }}
),

dated as (
    select
        activities.*,
        coalesce(periods.is_programme_period, false) as is_programme_period,
        coalesce(activities.not_counted_reason, '') in ('rejected', 'withdrawn') as is_void,
        {{ authority_of('activities.organisation_postcode') }} as local_authority_code
    from activities
    left join {{ ref('int_period__calendar') }} as periods
        on activities.happened_on between periods.starts_on and periods.ends_on
    left join {{ ref('stg_reference__postcodes') }} as directory
        on activities.organisation_postcode = directory.postcode
),

running as (
    select
        dated.*,
        sum(verified_minutes) over so_far as minutes_so_far,
        sum(grant_gbp) over so_far as grants_so_far,
        row_number() over so_far as place_in_time
    from dated
    window so_far as (
        partition by organisation_key, is_programme_period
        order by happened_on, coalesce(partner_key, '~'), activity_key
        rows between unbounded preceding and current row
    )
),

flagged as (
    select
        running.*,
        minutes_so_far >= 60 * {{ parameter('assisted_hours') }}
        or grants_so_far >= {{ parameter('assisted_grant_gbp') }} as is_assisted_by_now,
        minutes_so_far >= 60 * {{ parameter('light_touch_hours') }} as is_light_touch_by_now
    from running
)

select
    flagged.*,
    is_assisted_by_now and row_number() over (
        partition by organisation_key, is_programme_period, is_assisted_by_now order by place_in_time
    ) = 1 as is_crossing,
    is_light_touch_by_now and row_number() over (
        partition by organisation_key, is_programme_period, is_light_touch_by_now order by place_in_time
    ) = 1 as is_light_touch_crossing,
    max(case when is_assisted_by_now then 1 else 0 end) over (
        partition by organisation_key, is_programme_period
    ) = 1 as is_organisation_assisted
from flagged
