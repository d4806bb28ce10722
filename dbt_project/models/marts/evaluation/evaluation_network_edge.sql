select
    period_key,
    tie_class,
    one_node_key,
    other_node_key,
    weight,
    ties,
    first_tied_on,
    last_tied_on,
    is_cross_cluster
from {{ source('evaluated', 'evaluation_network_edge') }}
order by period_key, tie_class, one_node_key, other_node_key
