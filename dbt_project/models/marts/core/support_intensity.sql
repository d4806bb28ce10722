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
),

-- What bodies say of it, most of them where they differ; nobody has to.
sole_traders as (
    select
        resolved.organisation_key,
        sum(case when businesses.is_sole_trader then 1 else -1 end) > 0 as is_sole_trader
    from {{ ref('stg_returns__businesses') }} as businesses
    inner join {{ ref('int_organisation__resolved') }} as resolved
        on
            resolved.source_system = 'returns'
            and businesses.organisation_record_id = resolved.source_record_id
    where businesses.is_sole_trader is not null
    group by resolved.organisation_key
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
left join sole_traders
    on banded.organisation_key = sole_traders.organisation_key
order by banded.organisation_key
