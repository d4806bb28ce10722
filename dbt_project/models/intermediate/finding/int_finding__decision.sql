-- Rows of the verification register that cannot be brought to one record, or that another row overrules.
select
    'registers' as source,
    'verification' as stream,
    source_place as place,
    cast(null as varchar) as cell,
    case when record_count > 1 then 'decision_fits_several' else 'decision_overruled' end as rule,
    'warning' as severity,
    case
        when record_count > 1
            then 'the reference names ' || replace(record_refs, '|', ' and ')
                || ' on the day of the decision: it decides neither; write the one that is meant'
        else 'a later row decides the same record ' || source_ref || ': this one does not count'
    end as message,
    partner_code
from {{ ref('int_fact__decision') }}
where not is_decisive
