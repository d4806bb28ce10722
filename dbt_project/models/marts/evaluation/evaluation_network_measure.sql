select
    period_key,
    tie_class,
    measure,
    value,
    status,
    organisations,
    ties,
    window_starts_on,
    window_ends_on,
    is_public
from {{ source('evaluated', 'evaluation_network_measure') }}
order by period_key, tie_class, measure
