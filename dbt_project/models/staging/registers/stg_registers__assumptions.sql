with latest as (
    {{ latest_listed(source('registers', 'assumptions'), ['assumption_set', 'id', 'version']) }}
)

-- Values stay text: the evaluation reads them by the meaning of the name, and says cell by cell what is wrong.
select
    coalesce(assumption_set, 'programme') as assumption_set,
    id,
    version,
    name,
    value,
    low,
    high,
    unit,
    spatial_level,
    rationale,
    source,
    quality_rag,
    impact_rag,
    owner,
    approved_by,
    approved_on,
    valid_from,
    valid_to,
    review_by,
    exception_evidence,
    signed_off_by,
    cast(split_part(_source_record, ':', 2) as integer) as row_number
from latest
