select
    collaboration_key,
    organisation_key,
    cluster_key,
    organisation_type,
    is_business
from {{ ref('int_collaboration__member') }}
order by collaboration_key, organisation_key
