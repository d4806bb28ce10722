with latest as (
    {{ latest_version(source('innovate_uk_claims', 'projects'), ['id']) }}
)

select
    id as project_id,
    project_number,
    title,
    status,
    competition_type,
    claim_frequency,
    {{ programme_date('starts_on') }} as starts_on,
    {{ programme_date('ends_on') }} as ends_on,
    {{ typed('innovate_uk_claims.projects', 'periods') }} as periods,
    _source_record as source_record
from latest
where _deleted_at is null
