-- Support sessions of returns and CRMs, judged by the same rules. Grain: session and business.
-- A source that knows of support has a model of its own in the folder beside this one, and its name here.
-- noqa: disable=LT02
{%- set sources = ['returns', 'hubspot', 'salesforce', 'dataverse'] %}

with sessions as (
    {%- for source in sources %}
    select * from {{ ref('int_support__session_' ~ source) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    sessions.*,
    resolved.organisation_key,
    rules.evidence_grade,
    coalesce(rules.evidence_grade <= indicator.minimum_evidence_grade, false) as is_verified
from sessions
inner join {{ ref('int_organisation__resolved') }} as resolved
    on
        sessions.source_system = resolved.source_system
        and sessions.organisation_record_id = resolved.source_record_id
inner join {{ ref('indicator') }} as indicator
    on indicator.indicator_key = 'businesses_assisted'
left join {{ ref('evidence_rule') }} as rules
    on indicator.indicator_key = rules.indicator_key and sessions.evidence = rules.evidence
