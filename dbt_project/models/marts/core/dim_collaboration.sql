select
    collaboration_key,
    collaboration_ref,
    title,
    purpose,
    collaboration_kind,
    partner_key,
    achieved_on as agreed_on,
    case when is_caused_by_programme then 'wmip_funded' else 'other' end as attribution,
    record_status as status,
    cluster_count >= {{ parameter('cross_sector_minimum_clusters') }} as is_cross_sector,
    type_count >= {{ parameter('cross_type_minimum_types') }} as is_cross_type,
    source_record_id
from {{ ref('int_fact__new_collaborations') }}
order by collaboration_key
