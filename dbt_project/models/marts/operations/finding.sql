-- What readers refuse, what they let pass with a remark, and what only models can see, in one list.
-- Models that find something: int_finding__<topic>, each with the columns of `found` but the instant.
{% set models = [
    'int_finding__collaboration',
    'int_finding__decision',
    'int_finding__event',
    'int_finding__fact',
    'int_finding__grant',
    'int_finding__future',
    'int_finding__intervention',
    'int_finding__merge',
    'int_finding__possible_duplicate_tranche',
    'int_finding__reference',
    'int_finding__register',
    'int_finding__submission',
    'int_finding__support',
    'int_finding__unusable_value',
] %}

with found as (
    select
        source,
        stream,
        place,
        cell,
        reason_code as rule,
        'error' as severity,
        message,
        cast(null as varchar) as partner_code,
        quarantined_at as found_at
    from {{ ref('stg_quarantine__rows') }}
    union all
    select
        source,
        stream,
        place,
        cell,
        rule,
        severity,
        message,
        cast(null as varchar) as partner_code,
        found_at
    from {{ ref('stg_findings__rows') }}
    {% for model in models %}
        union all
        select
            source,
            stream,
            place,
            cell,
            rule,
            severity,
            message,
            partner_code,
            cast(null as timestamp) as found_at
        from {{ ref(model) }}
    {% endfor %}
)

-- Told once: two records of one place, such as a session with two businesses, may be odd in one way.
select distinct
    source,
    stream,
    place,
    cell,
    rule,
    severity,
    message,
    partner_code as partner_key,
    found_at
from found
order by source, stream, place, cell, rule, message
