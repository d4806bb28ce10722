{{ config(materialized='view') }}

-- Costs foreseen by cost category; profiles without a category are totals of these.
select
    profiles.profile_id,
    participants.participant_id,
    participants.project_id,
    resolved.organisation_key,
    profiles.period_number,
    profiles.period_starts_on,
    profiles.period_ends_on,
    categories.cost_category,
    profiles.forecast_cost_gbp,
    profiles.source_record
from {{ ref('stg_innovate_uk_claims__profiles') }} as profiles
inner join {{ ref('stg_innovate_uk_claims__participants') }} as participants
    on profiles.participant_id = participants.participant_id
left join {{ ref('stg_innovate_uk_claims__cost_categories') }} as categories
    on profiles.cost_category_id = categories.cost_category_id
left join {{ ref('int_organisation__resolved') }} as resolved
    on
        resolved.source_system = 'innovate_uk_claims'
        and participants.participant_id = resolved.source_record_id
where profiles.cost_category_id is not null and profiles.period_number is not null
