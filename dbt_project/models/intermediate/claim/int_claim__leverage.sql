-- Realised rows are claims of resource_levered, committed rows of resource_committed, pipeline rows of neither: the two
-- stages of one tranche are never added.
select
    case when leverage.stage = 'realised' then 'resource_levered' else 'resource_committed' end as indicator_key,
    case when leverage.stage = 'realised' then 'resource_levered:' else 'resource_committed:' end
    || leverage.partner_code || ':' || leverage.record_ref as fact_key,
    resolved.organisation_key || '|' || leverage.agreement_ref || '|' || leverage.tranche as unit_key,
    leverage.stage_reached_on as achieved_on,
    leverage.partner_code as partner_key,
    resolved.organisation_key,
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
    leverage.source_place
from {{ ref('stg_returns__leverage') }} as leverage
inner join {{ ref('int_organisation__resolved') }} as resolved
    on
        resolved.source_system = 'returns'
        and leverage.organisation_record_id = resolved.source_record_id
left join {{ ref('stg_registers__partners') }} as partners
    on leverage.partner_code = partners.partner_code
left join {{ ref('excluded_leverage_source') }} as excluded
    on leverage.source_type = excluded.source_type
where leverage.stage in ('realised', 'committed')
