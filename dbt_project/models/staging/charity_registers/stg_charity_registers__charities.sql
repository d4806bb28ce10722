-- A view: of hundreds of thousands of charities only those that the programme met are looked at. Those linked to a
-- charity have its number and are no organisations of their own.
{{ config(materialized='view') }}

with latest as (
    {{ latest_version(source('charity_registers', 'charities'), ['register', 'charity_number', 'linked_number']) }}
)

select
    {{ registered_charity_number('register', 'charity_number') }} as charity_number,
    register,
    name,
    _deleted_at is not null or removed_on is not null or lower(coalesce(status, '')) = 'removed' as is_removed,
    {{ typed('charity_registers.charities', 'registered_on', 'latest') }} as registered_on,
    {{ typed('charity_registers.charities', 'removed_on', 'latest') }} as removed_on,
    {{ company_number_of_charity('register', 'company_number') }} as company_number,
    {{ normalise_postcode('postcode') }} as postcode,
    {{ normalise_domain('website') }} as domain,
    _source_record as source_record
from latest
where linked_number = '0'
