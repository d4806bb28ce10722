-- What is counted and would be counted otherwise if an organisation were another: its businesses assisted, jobs and
-- money levered, and the new collaborations it is a member of.
select
    organisation_key,
    indicator_key,
    fact_key
from {{ ref('int_fact__reported') }}
where
    not_counted_reason is null
    and indicator_key in ('businesses_assisted', 'jobs_created', 'resource_levered')
    and organisation_key is not null
union all
select
    members.organisation_key,
    facts.indicator_key,
    facts.fact_key
from {{ ref('int_fact__reported') }} as facts
inner join {{ ref('int_fact__new_collaborations') }} as collaborations
    on facts.fact_key = collaborations.fact_key
inner join {{ ref('int_collaboration__member') }} as members
    on collaborations.collaboration_key = members.collaboration_key
where facts.not_counted_reason is null
