-- Tranches that two bodies return with one reference and amount, from sources that nothing shows to be one.
select
    'returns' as source,
    'leverage' as stream,
    source_place as place,
    cast(null as varchar) as cell,
    'possible_duplicate' as rule,
    'warning' as severity,
    'Another body returns this agreement, tranche and amount under another source. Both count. If it is one, give the '
    || 'source''s company number in both returns, or have the register reject one.' as message,
    partner_key as partner_code
from {{ ref('int_fact__leverage') }}
where is_possible_duplicate
