{%- set names = ['indicator_key', 'fact_key', 'unit_key', 'exact_unit', 'exact_per_unit',
    'source_system', 'source_record_id',
    'source_place', 'source_ref'] -%}
{%- set sides = restated_sides() -%}

-- noqa: disable=LT02
-- What was decided, and what waits. A change that was rejected and is there still is open; it is not listed twice.
with waiting as (
    select
        restatements.*,
        decisions.decision,
        events.organisation_event_key
    from {{ ref('int_lock__restatement') }} as restatements
    left join {{ ref('int_lock__decision') }} as decisions
        on restatements.restatement_key = decisions.restatement_key
    left join {{ ref('int_lock__organisation_event') }} as events
        on restatements.restatement_key = events.restatement_key
),

-- An event that came twice is one.
organisation_events as (
    select distinct event_key, change, reason
    from {{ ref('int_organisation__key_event') }}
),

every as (
    select
        restatement_key,
        restated_partner_key,
        restated_period_key,
        change,
        case when is_excepted then 'approved' else 'pending' end as state,
        not is_excepted as is_open,
        case when change = 'late' then 'revision' else 'correction' end as cause,
        {%- for name in names %}
        {{ name }},
        {%- endfor %}
        {%- for side in sides %}
        old_{{ side }},
        new_{{ side }},
        {%- endfor %}
        follows_fact_key,
        organisation_event_key,
        reason,
        approved_by_role,
        cast(null as timestamp) as decided_at
    from waiting
    where decision is null or (decision = 'approved' and not is_excepted)
    union all
    select
        decisions.restatement_key,
        decisions.restated_partner_key,
        decisions.restated_period_key,
        decisions.change,
        decisions.decision as state,
        decisions.decision = 'rejected' and waiting.restatement_key is not null as is_open,
        decisions.cause,
        {%- for name in names %}
        decisions.{{ name }},
        {%- endfor %}
        {%- for side in sides %}
        decisions.old_{{ side }},
        decisions.new_{{ side }},
        {%- endfor %}
        cast(null as varchar) as follows_fact_key,
        decisions.organisation_event_key,
        decisions.reason,
        decisions.approved_by_role,
        decisions.decided_at
    from {{ ref('int_lock__decision') }} as decisions
    left join waiting
        on decisions.restatement_key = waiting.restatement_key
    where not (decisions.decision = 'approved' and waiting.restatement_key is not null and not waiting.is_excepted)
)

select
    every.restatement_key,
    every.restated_partner_key,
    every.restated_period_key,
    every.change,
    every.state,
    every.is_open,
    every.cause,
    {%- for name in names %}
    every.{{ name }},
    {%- endfor %}
    {%- for side in sides %}
    every.old_{{ side }},
    every.new_{{ side }},
    {%- endfor %}
    {{ divided('every.old_exact_quantity', 'every.exact_per_unit') }} as old_value,
    {{ divided('every.new_exact_quantity', 'every.exact_per_unit') }} as new_value,
    {{ divided('every.old_exact_claimed_quantity', 'every.exact_per_unit') }} as old_claimed_value,
    {{ divided('every.new_exact_claimed_quantity', 'every.exact_per_unit') }} as new_claimed_value,
    cells.locked_value,
    cells.known_value,
    coalesce(cells.is_material, false) or coalesce(moved_to.is_material, false) as is_material,
    every.follows_fact_key,
    every.organisation_event_key,
    organisation_events.change as organisation_change,
    organisation_events.reason as organisation_change_reason,
    every.reason,
    every.approved_by_role,
    every.decided_at
from every
left join {{ ref('int_lock__cell') }} as cells
    on
        every.restated_partner_key = cells.partner_key
        and every.restated_period_key = cells.period_key
        and every.indicator_key = cells.indicator_key
left join {{ ref('int_lock__cell') }} as moved_to
    on
        {{ locked_body('every.new_partner_key') }} = moved_to.partner_key
        and every.new_period_key = moved_to.period_key
        and every.indicator_key = moved_to.indicator_key
left join organisation_events
    on every.organisation_event_key = organisation_events.event_key
order by every.restated_period_key, every.restated_partner_key, every.indicator_key, every.restatement_key
