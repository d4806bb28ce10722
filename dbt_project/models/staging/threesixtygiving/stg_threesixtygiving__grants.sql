with latest as (
    {{ latest_listed(source('threesixtygiving', 'grants'), ['grant_id']) }}
)

select
    latest.grant_id,
    latest.title,
    latest.currency,
    {{ typed('threesixtygiving.grants', 'amount_awarded', 'latest') }} as amount_awarded,
    {{ typed('threesixtygiving.grants', 'award_date', 'latest') }} as awarded_on,
    latest.recipient_id,
    latest.recipient_name,
    coalesce(
        {{ normalise_company_number('latest.recipient_company_number') }},
        {{ company_number_of('latest.recipient_id') }}
    ) as company_number,
    coalesce(
        {{ normalise_charity_number('latest.recipient_charity_number') }},
        {{ charity_number_of('latest.recipient_id') }}
    ) as charity_number,
    {{ normalise_postcode('latest.recipient_postal_code') }} as postcode,
    upper(trim(latest.beneficiary_geo_code)) as beneficiary_geo_code,
    coalesce(latest.recipient_is_individual, 'no') = 'yes' as is_individual,
    coalesce({{ typed('threesixtygiving.grants', 'recipient_count', 'latest') }}, 1) as recipients,
    latest.further_recipients,
    latest.funding_org_id,
    latest.funding_org_name,
    latest.regrant_type,
    latest.programme_code,
    latest.programme_title,
    programmes.grant_programme is not null as is_programme_grant,
    latest.file_name,
    latest._source_record as source_record,
    latest.file_name || '#' || latest.grant_id as source_place
from latest
left join {{ ref('grant_programme') }} as programmes
    on lower(programmes.grant_programme) in (lower(latest.programme_title), lower(latest.programme_code))
where {{ is_usable('threesixtygiving.grants', 'latest') }}
