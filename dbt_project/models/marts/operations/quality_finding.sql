-- How much each rule of readers, returns and models found; nothing found is 0, so that a rule that is silent shows.
with found as (
    select
        rule as rule_id,
        place
    from {{ ref('finding') }}
    union all
    select
        kind as rule_id,
        source || '/' || stream as place
    from {{ ref('source_drift') }}
    where is_latest_run
    union all
    select
        'reconciliation_' || agreement as rule_id,
        reconciliation_key as place
    from {{ ref('reconciliation') }}
    union all
    select
        'file_refused' as rule_id,
        file_name as place
    from {{ ref('inbox_file') }}
    where status = 'refused'
)

select
    rules.rule_id,
    rules.origin,
    rules.dimension,
    rules.severity,
    count(found.rule_id) as findings,
    count(distinct found.place) as places
from {{ ref('quality_rule') }} as rules
left join found
    on rules.rule_id = found.rule_id
where rules.origin in ('return_contract', 'reader', 'model')
group by rules.rule_id, rules.origin, rules.dimension, rules.severity
order by rules.rule_id
