-- How long each person was in an online event: joins that overlap or touch, on two devices or after a dropped line,
-- count their time once. Who was delivery staff in one join is in all of them.
with ordered as (
    select
        segments.*,
        coalesce(participant_role.is_counted, true) as is_counted_role,
        max(segments.left_at) over (
            partition by segments.event_key, segments.person_key
            order by segments.joined_at, segments.left_at, segments.segment_id
            rows between unbounded preceding and 1 preceding
        ) as reached
    from {{ ref('int_event__segment') }} as segments
    left join {{ ref('participant_role') }} as participant_role
        on {{ crm_label('segments.role') }} = participant_role.label
),

runs as (
    select
        *,
        sum(case when reached is null or joined_at > reached then 1 else 0 end) over (
            partition by event_key, person_key order by joined_at, left_at, segment_id
            rows between unbounded preceding and current row
        ) as run
    from ordered
),

merged as (
    select
        event_key,
        person_key,
        {{ seconds_between('min(joined_at)', 'max(left_at)') }} as seconds,
        max(source_system) as source_system,
        max(case when is_identified then 1 else 0 end) as identified,
        min(case when is_counted_role then 1 else 0 end) as counted_role,
        min(segment_id) as first_segment,
        min(source_record) as source_record,
        min(source_place) as source_place
    from runs
    group by event_key, person_key, run
)

select
    event_key,
    person_key,
    max(source_system) as source_system,
    max(identified) = 1 as is_identified,
    min(counted_role) = 1 as is_counted_role,
    cast(sum(seconds) / 60.0 as decimal(12, 4)) as attended_minutes,
    min(source_record) as source_record,
    min(source_place) as source_place
from merged
group by event_key, person_key
