-- Organisations that would be one if all pairs that wait were decided to be the same.
with recursive sides as (
    select left_organisation_key as organisation_key, pair_key from {{ ref('int_organisation__waiting') }}
    union all
    select right_organisation_key as organisation_key, pair_key from {{ ref('int_organisation__waiting') }}
),

{{ components('sides', 'organisation_key', ['pair_key']) }}

select
    node as organisation_key,
    component as group_key
from components
