select
    collaborations.collaboration_key,
    collaborations.collaboration_ref,
    collaborations.title,
    collaborations.purpose,
    collaborations.collaboration_kind,
    collaborations.partner_code as partner_key,
    collaborations.agreed_on,
    case when collaborations.is_caused_by_programme then 'wmip_funded' else 'other' end as attribution,
    collaborations.record_status as status,
    facts.cluster_count >= {{ parameter('cross_sector_minimum_clusters') }} as is_cross_sector,
    facts.type_count >= {{ parameter('cross_type_minimum_types') }} as is_cross_type,
    collaborations.source_record as source_record_id
from {{ ref('stg_returns__collaborations') }} as collaborations
inner join {{ ref('int_fact__new_collaborations') }} as facts
    on collaborations.collaboration_key = facts.collaboration_key
order by collaborations.collaboration_key
