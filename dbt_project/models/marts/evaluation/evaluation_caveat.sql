select
    assumption_set,
    spatial_level,
    measure,
    caveat_key,
    caveat_order,
    caveat
from {{ source('evaluated', 'evaluation_caveat') }}
order by assumption_set, spatial_level, measure, caveat_key
