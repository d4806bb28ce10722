{% set columns = [
    'assumption_set',
    'assumption_set_version',
    'assumption_set_sha256',
    'spatial_level',
    'measure',
    'unit',
    'assumption_name',
    'swing_rank',
    'tested_low',
    'tested_high',
    'modelled_at_low',
    'modelled_central',
    'modelled_at_high',
    'modelled_swing',
    'is_required',
    'price_base',
    'evidence_rating',
    'status',
    'assurance_status',
] %}

with figures as (
    {{ with_former_measures(source('evaluated', 'evaluation_sensitivity'), columns) }}
)

select *
from figures
order by assumption_set, spatial_level, measure, assumption_name
