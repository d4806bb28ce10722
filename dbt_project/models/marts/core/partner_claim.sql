-- domain.md 7: eligible spend by the intervention rate, less what was paid, less retention; blocked without evidence
-- that the spend was paid, or without the outputs return of the quarter.
with claims as (
    select
        claims.partner_code as partner_key,
        claims.period_key,
        claims.eligible_spend_gbp,
        claims.intervention_rate,
        claims.paid_gbp,
        {{ optional_parameter('claim_retention_share') }} as retention_share,
        cast(claims.eligible_spend_gbp * claims.intervention_rate as decimal(18, 2)) as grant_gbp,
        case
            when partners.partner_code is null then 'body_not_registered'
            when not claims.has_defrayal_evidence then 'defrayal_evidence_missing'
            when returned.file_sha256 is null then 'outputs_return_missing'
        end as blocked_reason,
        claims.source_place
    from {{ ref('stg_registers__claims') }} as claims
    left join {{ ref('stg_registers__partners') }} as partners
        on claims.partner_code = partners.partner_code
    left join {{ ref('stg_returns__submissions') }} as returned
        on
            claims.partner_code = returned.partner_code
            and claims.period_key = returned.period_key
            and returned.is_current
),

retained as (
    select
        claims.*,
        cast(grant_gbp * coalesce(retention_share, 0) as decimal(18, 2)) as retention_gbp
    from claims
)

select
    partner_key,
    period_key,
    eligible_spend_gbp,
    intervention_rate,
    grant_gbp,
    retention_share,
    retention_gbp,
    cast(paid_gbp as decimal(18, 2)) as paid_gbp,
    cast(
        case when blocked_reason is null then grant_gbp - paid_gbp - retention_gbp end as decimal(18, 2)
    ) as payable_gbp,
    blocked_reason is not null as is_blocked,
    blocked_reason,
    source_place
from retained
order by partner_key, period_key
