with latest as (
    {{ latest_version(source('innovate_uk_claims', 'participants'), ['id']) }}
)

-- Participants who withdrew stay, flagged: what they claimed was claimed.
select
    id as participant_id,
    project_id,
    account_id,
    organisation_name,
    organisation_type,
    participant_type,
    participant_size,
    role as project_role,
    status,
    coalesce(lower(status) like '%withdraw%', false) as is_withdrawn,
    {{ typed('innovate_uk_claims.participants', 'award_rate') }} as award_rate_percent,
    {{ typed('innovate_uk_claims.participants', 'total_costs') }} as total_costs_gbp,
    {{ normalise_postcode('postcode') }} as postcode,
    created_at,
    _source_record as source_record
from latest
where _deleted_at is null
