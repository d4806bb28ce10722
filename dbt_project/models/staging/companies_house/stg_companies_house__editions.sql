with latest as (
    {{ latest_version(source('companies_house', 'editions'), ['file_sha256']) }}
)

select
    file_sha256,
    file_name,
    edition
from latest
