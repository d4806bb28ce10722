-- Realised rows are facts of resource_levered, committed rows of resource_committed, pipeline rows of neither: the two
-- stages of one tranche are never added.
with tranches as (
    select
        leverage.*,
        {{ normalise_name('leverage.source_organisation') }} as source_name
    from {{ ref('int_leverage__tranche') }} as leverage
    where leverage.stage in ('realised', 'committed')
),

named as (
    select
        tranches.*,
        min(case when company_number is not null then organisation_key end) over same_name as first_numbered_key,
        max(case when company_number is not null then organisation_key end) over same_name as last_numbered_key
    from tranches
    window same_name as (partition by stage, agreement_ref, tranche, source_name)
),

-- A source without its number is the one that another row of the tranche names alike and with its number.
sourced as (
    select
        named.*,
        case
            when company_number is null and source_name is not null and first_numbered_key = last_numbered_key
                then first_numbered_key
            else organisation_key
        end || '|' || agreement_ref || '|' || tranche as unit_key
    from named
),

-- The same tranche and amount from two bodies is probably one, whatever they call its source: shown, not decided.
compared as (
    select
        sourced.*,
        min(unit_key) over alike <> max(unit_key) over alike
        and min(partner_code) over alike <> max(partner_code) over alike as is_possible_duplicate
    from sourced
    window alike as (partition by stage, agreement_ref, tranche, amount_gbp)
)

select
    case when leverage.stage = 'realised' then 'resource_levered' else 'resource_committed' end as indicator_key,
    case when leverage.stage = 'realised' then 'resource_levered:' else 'resource_committed:' end
    || leverage.partner_code || ':' || leverage.record_ref as fact_key,
    leverage.unit_key,
    leverage.stage_reached_on as achieved_on,
    leverage.partner_code as partner_key,
    leverage.organisation_key,
    coalesce(partners.cluster_key, 'unknown') as cluster_key,
    'unknown' as local_authority_code,
    cast(leverage.amount_gbp as decimal(18, 4)) as eligible_quantity,
    cast(leverage.amount_gbp as decimal(18, 4)) as claimed_quantity,
    leverage.record_status = 'withdrawn' as is_withdrawn,
    leverage.evidence,
    case
        when excluded.source_type is not null then 'excluded_source'
        when leverage.leverage_kind in ('loan', 'equity') then 'reported_apart'
        when leverage.agreement_signed_on < partners.activity_starts_on then 'secured_before_activity'
    end as ineligible_reason,
    leverage.record_ref as source_ref,
    'returns' as source_system,
    leverage.source_record as source_record_id,
    leverage.source_place,
    leverage.is_possible_duplicate
from compared as leverage
left join {{ ref('stg_registers__partners') }} as partners
    on leverage.partner_code = partners.partner_code
left join {{ ref('excluded_leverage_source') }} as excluded
    on leverage.source_type = excluded.source_type
