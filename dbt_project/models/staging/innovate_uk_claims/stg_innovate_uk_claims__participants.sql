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
    {{ dbt.safe_cast('award_rate', 'decimal(12, 4)') }} as award_rate_percent,
    {{ dbt.safe_cast('total_costs', 'decimal(18, 2)') }} as total_costs_gbp,
    {{ normalise_postcode('postcode') }} as postcode,
    created_at,
    _source_record as source_record
from latest
where _deleted_at is null
