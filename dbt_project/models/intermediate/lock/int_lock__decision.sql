-- What was decided about restatements: the last word on each.
select *
from (
    select
        decisions.*,
        row_number() over (partition by restatement_key order by decided_at desc, decision desc) as recency
    from {{ ref('stg_office__restatement_decision') }} as decisions
) as ranked
where recency = 1
