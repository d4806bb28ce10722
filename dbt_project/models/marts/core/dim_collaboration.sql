select
    collaboration_key,
    collaboration_ref,
    title,
    purpose,
    collaboration_kind,
    partner_code as partner_key,
    agreed_on,
    case when is_caused_by_programme then 'wmip_funded' else 'other' end as attribution,
    record_status as status,
    source_record as source_record_id
from {{ ref('stg_returns__collaborations') }}
order by collaboration_key
