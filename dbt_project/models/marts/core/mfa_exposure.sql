-- domain.md 2.4: known awards only. Of a grant to several recipients no share is known; a grant to be granted again is
-- not the recipient's own.
with years as (
    select
        cast({{ dbt.dateadd('year', -2, 'min(starts_on)') }} as date) as window_starts_on,
        cast({{ as_of() }} as date) as window_ends_on
    from {{ ref('int_period__calendar') }}
    where
        financial_year in (
            select financial_year from {{ ref('int_period__calendar') }}
            where cast({{ as_of() }} as date) between starts_on and ends_on
        )
),

awards as (
    select
        grants.organisation_key,
        count(*) as awards,
        sum(case when grants.is_programme_grant then grants.amount_gbp else 0 end) as programme_awards_gbp,
        sum(case when grants.is_programme_grant then 0 else grants.amount_gbp end) as other_awards_gbp
    from {{ ref('int_grant__award') }} as grants
    inner join years
        on grants.awarded_on between years.window_starts_on and years.window_ends_on
    where
        grants.organisation_key is not null
        and grants.amount_gbp is not null
        and grants.status = 'awarded'
        and grants.gave_way_to is null
        and grants.regrant_type is null
        and grants.recipients = 1
        and not coalesce(grants.is_individual, false)
    group by grants.organisation_key
),

support as (
    select
        activity.organisation_key,
        sum(activity.verified_minutes) as support_minutes
    from {{ ref('int_support__activity') }} as activity
    inner join years
        on activity.happened_on between years.window_starts_on and years.window_ends_on
    group by activity.organisation_key
),

-- The cap is of an enterprise group (register groups); who is in none is one by itself.
summed as (
    select
        awards.*,
        years.window_starts_on,
        placed.group_key,
        awards.programme_awards_gbp + awards.other_awards_gbp as known_awards_gbp,
        sum(awards.programme_awards_gbp + awards.other_awards_gbp) over (partition by placed.group_key)
            as group_awards_gbp,
        coalesce(support.support_minutes, 0) as support_minutes,
        {{ parameter('mfa_cap_gbp') }} as cap_gbp
    from awards
    cross join years
    inner join {{ ref('int_organisation__placed') }} as placed
        on awards.organisation_key = placed.organisation_key
    left join support
        on awards.organisation_key = support.organisation_key
)

select
    organisation_key,
    group_key,
    window_starts_on,
    cast(awards as bigint) as awards,
    cast(programme_awards_gbp as decimal(18, 2)) as programme_awards_gbp,
    cast(other_awards_gbp as decimal(18, 2)) as other_awards_gbp,
    cast(known_awards_gbp as decimal(18, 2)) as known_awards_gbp,
    cast(group_awards_gbp as decimal(18, 2)) as group_awards_gbp,
    cast(support_minutes as bigint) as support_minutes,
    cast(cap_gbp as decimal(18, 2)) as cap_gbp,
    cast(cap_gbp - group_awards_gbp as decimal(18, 2)) as headroom_gbp,
    group_awards_gbp > cap_gbp as is_above_cap
from summed
order by organisation_key
