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
    {{ dbt.safe_cast('substr(starts_on, 1, 10)', 'date') }} as starts_on,
    {{ dbt.safe_cast('substr(ends_on, 1, 10)', 'date') }} as ends_on,
    cast({{ dbt.safe_cast('periods', 'decimal(12, 2)') }} as integer) as periods,
    _source_record as source_record
from latest
where _deleted_at is null
