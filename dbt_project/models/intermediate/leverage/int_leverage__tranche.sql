select
    leverage.*,
    resolved.organisation_key
from {{ ref('stg_returns__leverage') }} as leverage
inner join {{ ref('int_organisation__resolved') }} as resolved
    on
        resolved.source_system = 'returns'
        and leverage.organisation_record_id = resolved.source_record_id
