-- What bodies say of it, most of them where they differ; nobody has to. Grain: organisation of which some body says it.
select
    resolved.organisation_key,
    sum(case when businesses.is_sole_trader then 1 else -1 end) > 0 as is_sole_trader,
    sum(case when businesses.is_sole_trader then 1 else 0 end) > 0 as may_be_sole_trader
from {{ ref('stg_returns__businesses') }} as businesses
inner join {{ ref('int_organisation__resolved') }} as resolved
    on
        resolved.source_system = 'returns'
        and businesses.organisation_record_id = resolved.source_record_id
where businesses.is_sole_trader is not null
group by resolved.organisation_key
