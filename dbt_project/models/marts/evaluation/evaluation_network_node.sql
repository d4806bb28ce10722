select
    period_key,
    tie_class,
    node_key,
    organisation_key,
    partner_key,
    cluster_key,
    organisation_type,
    local_authority_code,
    is_cluster_body,
    degree,
    cross_cluster_degree,
    betweenness,
    is_betweenness_estimated,
    participation,
    component
from {{ source('evaluated', 'evaluation_network_node') }}
order by period_key, tie_class, node_key
