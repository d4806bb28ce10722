-- Every fact of every indicator by the same ladder: what its evidence is worth, what the register says of it, whether
-- it is the one that counts among those of its unit.
with facts as (
    select
        indicator_key,
        fact_key,
        unit_key,
        achieved_on,
        claimed_on,
        partner_key,
        organisation_key,
        cluster_key,
        local_authority_code,
        eligible_quantity,
        claimed_quantity,
        is_withdrawn,
        evidence,
        coalesce(
            ineligible_reason, case when achieved_on > cast({{ as_of() }} as date) then 'in_the_future' end
        ) as ineligible_reason,
        source_ref,
        source_system,
        source_record_id,
        source_place
    from {{ ref('int_fact__all') }}
    where key_count = 1
),

graded as (
    select
        facts.*,
        periods.period_key,
        claimed_periods.period_key as claimed_period_key,
        coalesce(periods.is_programme_period, false) as is_programme_period,
        case
            when register.decision = 'verified'
                then coalesce(register.evidence_grade, indicator.minimum_evidence_grade)
            else rules.evidence_grade
        end as evidence_grade,
        case
            when facts.is_withdrawn or register.decision = 'withdrawn' then 'withdrawn'
            when register.decision = 'rejected' then 'rejected'
            when
                register.decision = 'verified'
                and coalesce(register.evidence_grade, indicator.minimum_evidence_grade)
                <= indicator.minimum_evidence_grade
                then 'verified'
            -- Verified on evidence below the minimum is not verified; the row is told of (int_finding__register).
            when register.decision = 'verified' then 'evidenced'
            when rules.evidence_grade <= indicator.minimum_evidence_grade then 'verified'
            when rules.evidence_grade is not null and facts.evidence <> 'self_report' then 'evidenced'
            else 'claimed'
        end as status,
        register.source_place as register_place
    from facts
    inner join {{ ref('indicator') }} as indicator
        on facts.indicator_key = indicator.indicator_key
    left join {{ ref('evidence_rule') }} as rules
        on facts.indicator_key = rules.indicator_key and facts.evidence = rules.evidence
    left join {{ ref('int_fact__decision') }} as register
        on
            register.is_decisive
            and facts.indicator_key = register.indicator_key
            and facts.partner_key = register.partner_code
            and facts.source_ref = register.source_ref
    left join {{ ref('int_period__calendar') }} as periods
        on facts.achieved_on between periods.starts_on and periods.ends_on
    left join {{ ref('int_period__calendar') }} as claimed_periods
        on facts.claimed_on between claimed_periods.starts_on and claimed_periods.ends_on
),

-- What lies outside the programme's period stands in nobody's way inside it.
ranked as (
    select
        graded.*,
        row_number() over (
            partition by indicator_key, unit_key, is_programme_period
            order by
                case when ineligible_reason is null and status = 'verified' then 0 else 1 end,
                achieved_on,
                partner_key,
                fact_key
        ) as unit_rank
    from graded
)

select
    ranked.*,
    case
        when status in ('withdrawn', 'rejected') then status
        when ineligible_reason is not null then ineligible_reason
        when status <> 'verified' then 'evidence_below_minimum'
        when unit_rank > 1 then 'duplicate'
    end as not_counted_reason
from ranked
