select
    indicator_key,
    indicator_code,
    name,
    unit,
    definition,
    counting_rule,
    definition_version,
    minimum_evidence_grade,
    is_headline,
    valid_from,
    source
from {{ ref('indicator') }}
order by indicator_key
