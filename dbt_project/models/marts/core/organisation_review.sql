-- How many counted facts hang on a pair: those of either organisation.
with hanging as (
    select
        waiting.pair_key,
        count(distinct counted.fact_key) as counted_facts
    from {{ ref('int_organisation__waiting') }} as waiting
    inner join {{ ref('int_organisation__counted') }} as counted
        on counted.organisation_key in (waiting.left_organisation_key, waiting.right_organisation_key)
    group by waiting.pair_key
)

select
    waiting.left_organisation_key,
    waiting.right_organisation_key,
    waiting.left_source_system,
    waiting.left_source_record_id,
    waiting.right_source_system,
    waiting.right_source_record_id,
    waiting.match_method,
    waiting.match_probability,
    waiting.evidence,
    waiting.state,
    cast(waiting.link_count as bigint) as link_count,
    cast(coalesce(hanging.counted_facts, 0) as bigint) as counted_facts,
    waiting.looked_at_on,
    waiting.looked_at_by_role
from {{ ref('int_organisation__waiting') }} as waiting
left join hanging
    on waiting.pair_key = hanging.pair_key
order by coalesce(hanging.counted_facts, 0) desc, waiting.match_probability desc, waiting.pair_key asc
