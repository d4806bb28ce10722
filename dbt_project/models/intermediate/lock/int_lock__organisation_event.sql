-- Which merge, split or move of organisations a restatement comes from: the newest since the quarter was locked that
-- touches the fact's organisation, before or after, or a member of its collaboration. A fact that was not there then
-- came late, whatever became of its organisation.
with touched as (
    select
        restatement_key,
        fact_key,
        restated_partner_key,
        restated_period_key,
        old_organisation_key as organisation_key
    from {{ ref('int_lock__restatement') }}
    where change <> 'late'
    union
    select
        restatement_key,
        fact_key,
        restated_partner_key,
        restated_period_key,
        new_organisation_key as organisation_key
    from {{ ref('int_lock__restatement') }}
    where change <> 'late'
    union
    select
        restatements.restatement_key,
        restatements.fact_key,
        restatements.restated_partner_key,
        restatements.restated_period_key,
        members.organisation_key
    from {{ ref('int_lock__restatement') }} as restatements
    inner join {{ ref('int_fact__new_collaborations') }} as collaborations
        on restatements.fact_key = collaborations.fact_key
    inner join {{ ref('int_collaboration__member') }} as members
        on collaborations.collaboration_key = members.collaboration_key
    where restatements.change <> 'late'
),

since as (
    select
        touched.restatement_key,
        events.event_key,
        events.change,
        events.reason,
        row_number() over (
            partition by touched.restatement_key order by events.happened_at desc, events.event_key asc
        ) as recency
    from touched
    inner join {{ ref('int_lock__quarter') }} as quarters
        on
            touched.restated_partner_key = quarters.partner_key
            and touched.restated_period_key = quarters.period_key
    left join {{ ref('int_lock__fact') }} as held
        on touched.fact_key = held.fact_key
    inner join {{ ref('int_organisation__key_event') }} as events
        on
            touched.organisation_key in (events.old_organisation_key, events.new_organisation_key)
            and events.happened_at > coalesce(held.kept_at, quarters.locked_at)
)

select
    restatement_key,
    event_key as organisation_event_key
from since
where recency = 1
