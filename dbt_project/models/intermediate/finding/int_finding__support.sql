-- Sessions that count nowhere though nothing else is wrong with them: those of a CRM whose body is not in the partners
-- register (a slip in the code, or another programme's), and those that a body returned of a day outside the programme.
with found as (
    select
        source_system,
        source_place,
        split_part(source_place, '/', 2) as stream,
        not_counted_reason as rule,
        'its cluster body is not in the partners register: the session counts for nobody' as message,
        cast(null as varchar) as partner_code
    from {{ ref('int_support__session') }}
    where not_counted_reason = 'body_not_registered'
    union all
    select
        sessions.source_system,
        sessions.source_place,
        'support_sessions' as stream,
        'outside_programme_period' as rule,
        'its day lies outside the programme: the session adds to no hours; correct it if it is a slip' as message,
        sessions.partner_key as partner_code
    from {{ ref('int_support__session') }} as sessions
    left join {{ ref('int_period__calendar') }} as periods
        on sessions.supported_on between periods.starts_on and periods.ends_on
    where
        sessions.source_system = 'returns'
        and sessions.not_counted_reason is null
        and not coalesce(periods.is_programme_period, false)
)

select
    source_system as source,
    stream,
    source_place as place,
    cast(null as varchar) as cell,
    rule,
    'warning' as severity,
    message,
    partner_code
from found
