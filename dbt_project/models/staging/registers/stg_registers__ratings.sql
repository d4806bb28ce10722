with latest as (
    {{ latest_listed(source('registers', 'ratings'), ['indicator_key']) }}
)

select
    indicator_key,
    rag,
    reason,
    approved_by_role,
    {{ typed('registers.ratings', 'expires_on') }} as expires_on,
    {{ typed('registers.ratings', 'expires_on') }} >= cast({{ as_of() }} as date) as is_in_force,
    coalesce(list_name, 'ratings.csv') || '#!' || split_part(_source_record, ':', 2) as source_place
from latest
where {{ is_usable('registers.ratings') }}
