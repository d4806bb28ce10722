-- Claims that have one key though they are several: none of them counts, and the night goes on.
select
    source_system as source,
    indicator_key as stream,
    coalesce(source_place, source_record_id) as place,
    cast(null as varchar) as cell,
    'claim_repeated' as rule,
    'error' as severity,
    'this record and another one are one claim of ' || indicator_key
    || ' by their keys: neither counts until they can be told apart' as message,
    partner_key as partner_code
from {{ ref('int_fact__all') }}
where key_count > 1
