-- What readers refuse, what they let pass with a remark, and what only models can see, in one list.
-- Models that find something: int_finding__<topic>, each with the columns of `found`; only readers know the instant.
{% set models = [
    'int_finding__collaboration',
    'int_finding__decision',
    'int_finding__event',
    'int_finding__fact',
    'int_finding__grant',
    'int_finding__future',
    'int_finding__intervention',
    'int_finding__merge',
    'int_finding__organisation',
    'int_finding__possible_duplicate_tranche',
    'int_finding__reader',
    'int_finding__reference',
    'int_finding__register',
    'int_finding__submission',
    'int_finding__support',
    'int_finding__unusable_value',
] %}

-- noqa: disable=LT02
with found as (
    {%- for model in models %}
    select
        source,
        stream,
        place,
        cell,
        rule,
        severity,
        message,
        partner_code,
        {{ 'found_at' if model == 'int_finding__reader' else 'cast(null as timestamp) as found_at' }}
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
-- noqa: enable=LT02

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
