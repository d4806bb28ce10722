with latest as (
    {{ latest_listed(
        source('registers', 'also_claimed'), ['indicator_key', 'partner_code', 'source_ref', 'also_claimed_under']
    ) }}
)

select
    indicator_key,
    partner_code,
    source_ref,
    {{ reference_key('source_ref') }} as reference_key,
    also_claimed_under,
    {{ typed('registers.also_claimed', 'programme_share') }} as programme_share,
    coalesce(list_name, 'also_claimed.csv') || '#!' || split_part(_source_record, ':', 2) as source_place
from latest
where {{ is_usable('registers.also_claimed') }}
