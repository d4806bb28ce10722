select cluster_key, name, is_plan_for_growth, priority
from {{ ref('cluster') }}
order by cluster_key
