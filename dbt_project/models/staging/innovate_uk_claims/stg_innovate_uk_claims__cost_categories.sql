with latest as (
    {{ latest_version(source('innovate_uk_claims', 'cost_categories'), ['id']) }}
)

select
    id as cost_category_id,
    name as cost_category,
    organisation_type,
    competition_type,
    _source_record as source_record
from latest
where _deleted_at is null
