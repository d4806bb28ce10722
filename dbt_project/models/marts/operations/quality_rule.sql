select
    rule_id,
    origin,
    statement,
    dimension,
    severity,
    tables,
    indicators,
    fixed_by,
    remedy,
    declared_in,
    since
from {{ ref('quality_rule_declared') }}
order by rule_id
