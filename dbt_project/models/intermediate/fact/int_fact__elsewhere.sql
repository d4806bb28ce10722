-- What another funder counts too (domain.md 2.1 R9). Of several shares the least. Grain: claim, by body and reference.
select
    indicator_key,
    partner_code,
    reference_key,
    {{ ordered_list('also_claimed_under') }} as also_claimed_under,
    min(programme_share) as programme_share
from {{ ref('stg_registers__also_claimed') }}
group by indicator_key, partner_code, reference_key
