{% set columns = [
    'assumption_set',
    'assumption_set_version',
    'assumption_set_sha256',
    'spatial_level',
    'measure',
    'unit',
    'draws',
    'statistic',
    'modelled_value',
    'modelled_standard_error',
    'seed',
    'is_final',
    'price_base',
    'evidence_rating',
    'status',
    'assurance_status',
] %}

with figures as (
    {{ with_former_measures(source('evaluated', 'evaluation_simulation'), columns) }}
)

select *
from figures
order by assumption_set, spatial_level, measure, draws, statistic
