select
    template,
    template_version,
    rule,
    scope,
    severity,
    owner,
    stands_at,
    text,
    remedy
from {{ ref('return_rule_declared') }}
order by template, template_version, rule
