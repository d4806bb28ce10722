with latest as (
    {{ latest_version(source('charity_registers', 'editions'), ['file_sha256']) }}
)

select
    file_sha256,
    file_name,
    list_name,
    edition
from latest
