-- Workbooks whose submission number another one has: the one that was submitted first stands.
select
    'returns' as source,
    'covers' as stream,
    file_name as place,
    cast(null as varchar) as cell,
    'submission_number_repeated' as rule,
    'error' as severity,
    file_name || ' has the same submission number ' || cast(submission_number as varchar) || ' as ' || repeats_file_name
    || ', which was submitted first and stands: give the correction the next number and hand it in again' as message,
    partner_code
from {{ ref('stg_returns__submissions') }}
where repeats_file_name is not null
