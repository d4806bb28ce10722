-- By how much the count of assisted businesses up to a quarter could fall or rise, for each group of organisations that
-- wait for people. Merged, counted ones are one, if the whole would still be a business in the area. Others that are
-- not counted can only make new ones in twos, and only out of the support they have: of what is entered in two systems
-- on one day the larger.
with groups as (
    select
        groups.group_key,
        groups.organisation_key,
        placed.organisation_type,
        coalesce(sites.is_in_area, placed.is_in_area) as is_in_area
    from {{ ref('int_organisation__waiting_group') }} as groups
    inner join {{ ref('int_organisation__placed') }} as placed
        on groups.organisation_key = placed.organisation_key
    left join {{ ref('int_support__place') }} as sites
        on groups.organisation_key = sites.organisation_key
),

periods as (
    select period_key from {{ ref('int_period__calendar') }}
    where is_programme_period
),

counted as (
    select
        organisation_key,
        min(period_key) as counted_in
    from {{ ref('int_fact__reported') }}
    where indicator_key = 'businesses_assisted' and not_counted_reason is null and status = 'verified'
    group by organisation_key
),

by_then as (
    select
        periods.period_key,
        groups.*,
        coalesce(counted.counted_in <= periods.period_key, false) as is_counted
    from groups
    cross join periods
    left join counted
        on groups.organisation_key = counted.organisation_key
),

activities as (
    select
        activity.*,
        calendar.period_key as happened_in
    from {{ ref('int_support__activity') }} as activity
    inner join {{ ref('int_period__calendar') }} as calendar
        on activity.happened_on between calendar.starts_on and calendar.ends_on
    where activity.is_programme_period
),

daily as (
    select
        by_then.period_key,
        by_then.group_key,
        activities.partner_key,
        activities.happened_on,
        activities.source_system,
        sum(activities.verified_minutes) as minutes,
        sum(activities.grant_gbp) as gbp
    from by_then
    inner join activities
        on by_then.organisation_key = activities.organisation_key and activities.happened_in <= by_then.period_key
    where not by_then.is_counted
    group by
        by_then.period_key, by_then.group_key, activities.partner_key, activities.happened_on, activities.source_system
),

larger as (
    select
        period_key,
        group_key,
        partner_key,
        happened_on,
        max(minutes) as minutes,
        max(gbp) as gbp
    from daily
    group by period_key, group_key, partner_key, happened_on
),

support as (
    select
        period_key,
        group_key,
        sum(minutes) as minutes,
        sum(gbp) as gbp
    from larger
    group by period_key, group_key
),

described as (
    select
        period_key,
        group_key,
        count(*) as organisations,
        sum(case when is_counted then 1 else 0 end) as counted,
        max(case when organisation_type in ('business', 'unknown') then 1 else 0 end) = 1 as may_be_a_business,
        max(case when organisation_type in ('business', 'unknown') then 0 else 1 end) = 1 as may_be_none,
        max(case when is_in_area then 1 else 0 end) = 1 as is_in_area,
        max(case when is_in_area is null then 1 else 0 end) = 1 as may_be_in_area,
        max(case when not is_in_area then 1 else 0 end) = 1 as may_be_outside
    from by_then
    group by period_key, group_key
),

bounded as (
    select
        described.*,
        case
            when counted = 0 then 0
            when may_be_none or (may_be_outside and not is_in_area) then counted
            else counted - 1
        end as could_fall,
        case
            when not may_be_a_business or not (is_in_area or may_be_in_area) then 0
            else
                least(
                    floor((organisations - counted) / 2),
                    floor(coalesce(support.minutes, 0) / (60 * {{ parameter('assisted_hours') }}))
                    + floor(coalesce(support.gbp, 0) / {{ parameter('assisted_grant_gbp') }})
                )
        end as could_rise
    from described
    left join support
        on described.period_key = support.period_key and described.group_key = support.group_key
)

select
    period_key,
    group_key,
    cast(could_fall as bigint) as could_fall,
    cast(could_rise as bigint) as could_rise,
    cast(case when counted > 0 then 1 when could_rise > 0 then 1 else 0 end - counted as bigint) as change_if_same
from bounded
