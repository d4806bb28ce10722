-- Support sessions of both kinds of source. Grain: session and business.
with returned as (
    select
        'returns:' || sessions.partner_code || ':' || sessions.session_ref as session_key,
        sessions.partner_code as partner_key,
        'returns' as source_system,
        sessions.partner_code || ':business:' || sessions.business_ref as organisation_record_id,
        sessions.business_ref as source_ref,
        sessions.supported_on,
        sessions.support_hours,
        sessions.channel,
        sessions.evidence,
        sessions.source_record,
        sessions.source_place
    from {{ ref('stg_returns__support_sessions') }} as sessions
),

meetings as (
    select
        'hubspot:' || meetings.meeting_id || ':' || companies.company_id as session_key,
        meetings.partner_code as partner_key,
        'hubspot' as source_system,
        companies.company_id as organisation_record_id,
        companies.company_id as source_ref,
        meetings.supported_on,
        meetings.support_hours,
        meetings.channel,
        meetings.evidence,
        meetings.source_record,
        'hubspot/meetings/' || meetings.meeting_id as source_place
    from {{ ref('stg_hubspot__meetings') }} as meetings
    inner join {{ ref('stg_hubspot__meeting_companies') }} as companies
        on meetings.meeting_id = companies.meeting_id
    where meetings.is_completed
),

sessions as (
    select * from returned
    union all
    select * from meetings
)

select
    sessions.*,
    resolved.organisation_key,
    rules.evidence_grade,
    coalesce(rules.evidence_grade <= indicator.minimum_evidence_grade, false) as is_verified
from sessions
inner join {{ ref('int_organisation__resolved') }} as resolved
    on
        sessions.source_system = resolved.source_system
        and sessions.organisation_record_id = resolved.source_record_id
inner join {{ ref('indicator') }} as indicator
    on indicator.indicator_key = 'businesses_assisted'
left join {{ ref('evidence_rule') }} as rules
    on indicator.indicator_key = rules.indicator_key and sessions.evidence = rules.evidence
