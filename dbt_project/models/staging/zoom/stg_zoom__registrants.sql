with latest as (
    {{ latest_version(source('zoom', 'registrants'), ['id']) }}
)

select
    id as registrant_id,
    meeting_id,
    person_key,
    {{ normalise_domain('email_domain') }} as email_domain,
    organisation_name,
    cast(created_at as timestamptz) as created_at,
    _source_record as source_record
from latest
where _deleted_at is null
