-- Sessions in a CRM whose body is not in the partners register: a slip in the code, or another programme's.
select
    source_system as source,
    split_part(source_place, '/', 2) as stream,
    source_place as place,
    cast(null as varchar) as cell,
    not_counted_reason as rule,
    'warning' as severity,
    'its cluster body is not in the partners register: the session counts for nobody' as message,
    cast(null as varchar) as partner_code
from {{ ref('int_support__session') }}
where not_counted_reason = 'body_not_registered'
