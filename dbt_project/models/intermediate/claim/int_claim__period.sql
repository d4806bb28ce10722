{{ config(materialized='view') }}

-- Claims of a period in all, without those the grant service marks as not used; the cost categories are their parts.
select
    claims.claim_id,
    participants.participant_id,
    participants.project_id,
    projects.project_number,
    resolved.organisation_key,
    participants.is_withdrawn,
    claims.period_number,
    claims.period_starts_on,
    claims.period_ends_on,
    claims.status,
    claims.claim_state,
    claims.period_cost_gbp,
    claims.costs_approved_gbp,
    claims.approved_on,
    claims.paid_on,
    claims.is_final,
    claims.source_record
from {{ ref('stg_innovate_uk_claims__claims') }} as claims
inner join {{ ref('stg_innovate_uk_claims__participants') }} as participants
    on claims.participant_id = participants.participant_id
left join {{ ref('stg_innovate_uk_claims__projects') }} as projects
    on participants.project_id = projects.project_id
left join {{ ref('int_organisation__resolved') }} as resolved
    on
        resolved.source_system = 'innovate_uk_claims'
        and participants.participant_id = resolved.source_record_id
where
    claims.record_type = 'Total Project Period'
    and coalesce(claims.status, '') <> 'Not used'
