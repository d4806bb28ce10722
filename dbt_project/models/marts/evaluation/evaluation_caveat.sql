{% set columns = [
    'assumption_set',
    'spatial_level',
    'measure',
    'caveat_key',
    'caveat_order',
    'caveat',
] %}

with figures as (
    {{ with_former_measures(source('evaluated', 'evaluation_caveat'), columns) }}
)

select *
from figures
order by assumption_set, spatial_level, measure, caveat_key
