-- domain.md 2.4. A grant below the least that counts moves no band.
with organisations as (
    select
        organisation_key,
        cast(sum(case when is_programme_period then verified_minutes else 0 end) as bigint) as verified_minutes,
        cast(sum(case when is_programme_period then grant_gbp else 0 end) as decimal(18, 2)) as grant_gbp,
        min(case when is_programme_period then happened_on end) as first_supported_on,
        min(happened_on) as first_known_on
    from {{ ref('int_support__activity') }}
    where not is_void
    group by organisation_key
),

banded as (
    select
        organisations.*,
        case
            when
                verified_minutes >= 60 * {{ parameter('high_intensity_hours') }}
                or grant_gbp >= {{ parameter('high_intensity_grant_gbp') }}
                then 'high'
            when
                verified_minutes >= 60 * {{ parameter('assisted_hours') }}
                or grant_gbp >= {{ parameter('assisted_grant_gbp') }}
                then 'medium'
            when verified_minutes >= 60 * {{ parameter('light_touch_hours') }} then 'light'
            else 'contact'
        end as band
    from organisations
    where first_supported_on is not null
)

select
    banded.organisation_key,
    verified_minutes,
    grant_gbp,
    band,
    case band
        when 'contact' then 'reach'
        when 'light' then 'businesses_light_touch'
        else 'businesses_assisted'
    end as counts_in,
    first_supported_on,
    first_known_on = first_supported_on as is_new_to_programme,
    sole_traders.is_sole_trader
from banded
left join {{ ref('int_organisation__sole_trader') }} as sole_traders
    on banded.organisation_key = sole_traders.organisation_key
order by banded.organisation_key
