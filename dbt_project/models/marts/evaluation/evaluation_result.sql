{% set columns = [
    'assumption_set',
    'assumption_set_version',
    'assumption_set_sha256',
    'spatial_level',
    'scenario',
    'measure',
    'unit',
    'gross_verified_fte',
    'modelled_value',
    'missing',
    'form',
    'pv_base',
    'discount_table',
    'uk_modelled_value',
    'uk_status',
    'price_base',
    'evidence_rating',
    'status',
    'assurance_status',
] %}

with figures as (
    {{ with_former_measures(source('evaluated', 'evaluation_result'), columns) }}
)

select *
from figures
order by assumption_set, spatial_level, scenario, measure
