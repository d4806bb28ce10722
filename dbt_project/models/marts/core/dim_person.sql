-- A person belongs to the organisation named most often with them; ties go to the first key.
with mentions as (
    select person_key, organisation_key, is_identified
    from {{ ref('int_event__attendance') }}
    union all
    select
        contacts.person_key,
        resolved.organisation_key,
        true as is_identified
    from {{ ref('int_person__contact') }} as contacts
    left join {{ ref('int_organisation__resolved') }} as resolved
        on
            contacts.source_system = resolved.source_system
            and contacts.organisation_record_id = resolved.source_record_id
),

counted as (
    select
        person_key,
        organisation_key,
        max(case when is_identified then 1 else 0 end) = 1 as is_identified,
        count(*) as mention_count
    from mentions
    group by person_key, organisation_key
),

ranked as (
    select
        counted.*,
        row_number() over (
            partition by person_key
            order by case when organisation_key is null then 1 else 0 end asc, mention_count desc, organisation_key asc
        ) as mention_rank
    from counted
)

select person_key, organisation_key, is_identified
from ranked
where mention_rank = 1
order by person_key
