{%- set sides = ['achieved_on', 'period_key', 'claimed_on', 'claimed_period_key', 'partner_key', 'cluster_key',
    'local_authority_code'] -%}

-- noqa: disable=LT02
-- The facts as they are reported: as known, but what waits behind a lock stands as it was locked or last approved.
with waiting as (
    select * from {{ ref('int_lock__restatement') }}
    where not is_excepted
),

-- What was locked may name an organisation that goes on under another key since.
organisations as (
    select distinct organisation_key from {{ ref('int_organisation__resolved') }}
)

select
    known.indicator_key,
    known.fact_key,
    known.unit_key,
    {%- for side in sides %}
    case when waiting.fact_key is null then known.{{ side }} else waiting.old_{{ side }} end as {{ side }},
    {%- endfor %}
    known.organisation_key,
    case when waiting.fact_key is null then known.exact_quantity else waiting.old_exact_quantity end as exact_quantity,
    case
        when waiting.fact_key is null then known.exact_claimed_quantity else waiting.old_exact_claimed_quantity
    end as exact_claimed_quantity,
    known.exact_unit,
    known.exact_per_unit,
    case when waiting.fact_key is null then known.status else waiting.old_status end as status,
    case when waiting.fact_key is null then known.evidence_grade else waiting.old_evidence_grade end as evidence_grade,
    known.source_system,
    known.source_record_id,
    known.source_place,
    known.source_ref,
    case
        when waiting.fact_key is null then known.not_counted_reason
        when waiting.old_exact_quantity <> 0 then null
        else coalesce(known.not_counted_reason, 'awaits_restatement')
    end as not_counted_reason,
    waiting.fact_key is not null as is_as_locked
from {{ ref('int_fact__known') }} as known
left join waiting
    on known.fact_key = waiting.fact_key
union all
select
    waiting.indicator_key,
    waiting.fact_key,
    waiting.unit_key,
    {%- for side in sides %}
    waiting.old_{{ side }} as {{ side }},
    {%- endfor %}
    organisations.organisation_key,
    old_exact_quantity as exact_quantity,
    old_exact_claimed_quantity as exact_claimed_quantity,
    exact_unit,
    exact_per_unit,
    old_status as status,
    old_evidence_grade as evidence_grade,
    source_system,
    source_record_id,
    source_place,
    source_ref,
    case when old_exact_quantity = 0 then 'awaits_restatement' end as not_counted_reason,
    true as is_as_locked
from waiting
left join {{ ref('int_organisation__key_redirect') }} as redirects
    on waiting.old_organisation_key = redirects.old_organisation_key
left join organisations
    on coalesce(redirects.current_organisation_key, waiting.old_organisation_key) = organisations.organisation_key
where not waiting.is_known
