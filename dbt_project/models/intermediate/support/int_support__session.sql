-- Support sessions of returns and CRMs, judged by the same rules. Grain: session and record of a business.
-- A source that knows of support has a model of its own in the folder beside this one.
-- noqa: disable=LT02

with sessions as (
    {%- for member in union_members('int_support__session_') %}
    select * from {{ ref(member) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),
-- noqa: enable=LT02

-- What the register verifies is verified for the sessions held up to its decision; what it rejects or withdraws is no
-- support at all; nor is what a CRM has of a body that is not registered.
decided as (
    select
        sessions.*,
        resolved.organisation_key,
        resolved.postcode as organisation_postcode,
        indicator.minimum_evidence_grade,
        rules.evidence_grade as own_grade,
        partners.partner_code as registered_partner_key,
        case
            when sessions.partner_key is not null and partners.partner_code is null then 'body_not_registered'
            when register.decision in ('rejected', 'withdrawn') then register.decision
        end as void_reason,
        case
            when register.decision = 'verified' and sessions.supported_on <= register.decided_on
                then coalesce(register.evidence_grade, indicator.minimum_evidence_grade)
        end as register_grade
    from sessions
    inner join {{ ref('int_organisation__resolved') }} as resolved
        on
            sessions.source_system = resolved.source_system
            and sessions.organisation_record_id = resolved.source_record_id
    inner join {{ ref('indicator') }} as indicator
        on indicator.indicator_key = 'businesses_assisted'
    left join {{ ref('stg_registers__partners') }} as partners
        on sessions.partner_key = partners.partner_code
    left join {{ ref('evidence_rule') }} as rules
        on indicator.indicator_key = rules.indicator_key and sessions.evidence = rules.evidence
    left join {{ ref('int_fact__decision') }} as register
        on
            indicator.indicator_key = register.indicator_key
            and sessions.partner_key = register.partner_code
            and sessions.source_ref = register.source_ref
            and register.is_decisive
),

graded as (
    select
        decided.*,
        case when register_grade <= coalesce(own_grade, 'Z') then register_grade else own_grade end as evidence_grade
    from decided
),

-- A session that is tied to several records of one organisation was held once.
told as (
    select
        graded.*,
        coalesce(evidence_grade <= minimum_evidence_grade, false) as is_verified,
        row_number() over (
            partition by meeting_key, organisation_key
            order by case when void_reason is null then 0 else 1 end, organisation_record_id, session_key
        ) as telling
    from graded
),

live as (
    select
        told.*,
        void_reason is null and telling = 1 as is_live,
        is_verified and not coalesce(is_generic_advice, false) as adds_up
    from told
),

daily as (
    select
        live.*,
        sum(case when is_live and adds_up then support_minutes else 0 end) over of_system as verified_of_day,
        sum(case when is_live then coalesce(support_minutes, 0) else 0 end) over of_system as minutes_of_day
    from live
    window of_system as (partition by organisation_key, partner_key, supported_on, source_system)
),

-- What a body enters in two systems on one day, it enters twice: the system that says more of it stands.
compared as (
    select
        daily.*,
        first_value(source_system) over (
            partition by organisation_key, partner_key, supported_on
            order by
                case when is_live then 0 else 1 end asc,
                verified_of_day desc,
                minutes_of_day desc,
                case when source_system = 'returns' then 0 else 1 end asc,
                source_system asc
        ) as system_of_day
    from daily
)

select
    session_key,
    meeting_key,
    registered_partner_key as partner_key,
    source_system,
    organisation_record_id,
    fact_ref,
    source_ref,
    supported_on,
    support_minutes,
    channel,
    evidence,
    source_record,
    source_place,
    organisation_key,
    organisation_postcode,
    evidence_grade,
    is_verified,
    case
        when void_reason is not null then void_reason
        when telling > 1 then 'same_session'
        when source_system <> system_of_day then 'same_day_in_another_system'
        when is_generic_advice then 'generic_advice'
        when not is_verified then 'evidence_below_minimum'
    end as not_counted_reason
from compared
