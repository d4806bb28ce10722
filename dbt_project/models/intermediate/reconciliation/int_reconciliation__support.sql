-- What a body that keeps a CRM returned of a business in a quarter, and what the CRM holds; neither what is void nor
-- what is told twice in it. A session may stand in either: of one day it counts once, of two days twice.
-- Grain: body, business and quarter.
with sessions as (
    select
        sessions.partner_key,
        sessions.organisation_key,
        periods.period_key,
        sessions.supported_on,
        sessions.source_system,
        sessions.source_place,
        coalesce(sessions.support_minutes, 0) as support_minutes
    from {{ ref('int_support__session') }} as sessions
    inner join {{ ref('int_period__calendar') }} as periods
        on periods.is_programme_period and sessions.supported_on between periods.starts_on and periods.ends_on
    where
        sessions.partner_key is not null
        and coalesce(sessions.not_counted_reason, '')
        not in ('rejected', 'withdrawn', 'body_not_registered', 'same_session')
),

keepers as (
    select
        partner_key,
        {{ ordered_list('source_system') }} as held_in
    from sessions
    where source_system <> 'returns'
    group by partner_key
),

daily as (
    select
        partner_key,
        organisation_key,
        period_key,
        supported_on,
        sum(case when source_system = 'returns' then support_minutes end) as returned_minutes,
        sum(case when source_system <> 'returns' then support_minutes end) as held_minutes,
        min(case when source_system = 'returns' then source_place end) as returned_place
    from sessions
    group by partner_key, organisation_key, period_key, supported_on
),

compared as (
    select
        partner_key,
        organisation_key,
        period_key,
        sum(returned_minutes) as returned_minutes,
        sum(held_minutes) as held_minutes,
        max(case when returned_minutes is null or held_minutes is null then 1 else 0 end) = 1 as has_other_days,
        min(returned_place) as returned_place
    from daily
    group by partner_key, organisation_key, period_key
)

select
    compared.partner_key,
    compared.organisation_key,
    compared.period_key,
    keepers.held_in,
    compared.held_minutes is not null as is_held,
    compared.returned_minutes is not null as is_returned,
    submissions.file_sha256 is not null as has_return,
    cast(compared.returned_minutes / 60.0 as decimal(18, 4)) as returned_quantity,
    cast(compared.held_minutes / 60.0 as decimal(18, 4)) as held_quantity,
    compared.has_other_days,
    compared.returned_place
from compared
inner join keepers
    on compared.partner_key = keepers.partner_key
left join {{ ref('stg_returns__submissions') }} as submissions
    on
        compared.partner_key = submissions.partner_code
        and compared.period_key = submissions.period_key
        and submissions.is_current
