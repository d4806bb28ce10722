with latest as (
    {{ latest_version(source('mapped_grants', 'grants'), ['grant_system', 'grant_id']) }}
)

select
    latest.grant_system || ':' || latest.grant_id as grant_key,
    latest.grant_system,
    latest.grant_id,
    latest.title,
    {{ typed('mapped_grants.grants', 'award_date', 'latest') }} as awarded_on,
    latest.currency,
    {{ typed('mapped_grants.grants', 'amount_awarded', 'latest') }} as amount_awarded,
    {{ typed('mapped_grants.grants', 'amount_disbursed', 'latest') }} as amount_disbursed,
    coalesce(latest.recipient_kind, 'organisation') = 'individual' as is_individual,
    latest.recipient_name,
    {{ normalise_company_number('latest.recipient_company_number') }} as company_number,
    {{ normalise_charity_number('latest.recipient_charity_number') }} as charity_number,
    {{ normalise_postcode('latest.recipient_postal_code') }} as postcode,
    latest.programme_title,
    programmes.grant_programme is not null as is_programme_grant,
    {{ typed('mapped_grants.grants', 'planned_start', 'latest') }} as starts_on,
    {{ typed('mapped_grants.grants', 'planned_end', 'latest') }} as ends_on,
    coalesce(latest.status, 'awarded') as status,
    latest.funding_org_id,
    latest.funding_org_name,
    latest.file_name,
    latest._source_record as source_record
from latest
left join {{ ref('grant_programme') }} as programmes
    on lower(latest.programme_title) = lower(programmes.grant_programme)
where latest._deleted_at is null and {{ is_usable('mapped_grants.grants', 'latest') }}
