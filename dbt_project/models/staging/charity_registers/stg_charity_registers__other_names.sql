{{ config(materialized='view') }}

with latest as (
    {{ latest_version(
        source('charity_registers', 'other_names'), ['register', 'charity_number', 'linked_number', 'name_id']
    ) }}
)

select
    {{ registered_charity_number('register', 'charity_number') }} as charity_number,
    name_id,
    name,
    lower(coalesce(name_type, '')) like '%previous%' as is_previous,
    _source_record as source_record
from latest
where _deleted_at is null and linked_number = '0'
