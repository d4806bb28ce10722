with latest as (
    {{ latest_version(source('innovate_uk', 'participants'), ['participation_id']) }}
),

plain as (
    select
        *,
        lower(enterprise_size) as size_text
    from latest
    where _deleted_at is null and {{ is_usable('innovate_uk.participants') }}
)

select
    plain.participation_id,
    plain.project_number,
    plain.project_title,
    plain.competition_title,
    plain.programme_title,
    plain.product_type,
    plain.participant_name,
    plain.is_lead = 'yes' as is_lead,
    {{ normalise_company_number('plain.crn') }} as company_number,
    {{ normalise_postcode('plain.postcode') }} as postcode,
    {{ typed('innovate_uk.participants', 'project_start', 'plain') }} as starts_on,
    {{ typed('innovate_uk.participants', 'project_end', 'plain') }} as ends_on,
    {{ typed('innovate_uk.participants', 'award_offered', 'plain') }} as award_gbp,
    {{ typed('innovate_uk.participants', 'total_costs', 'plain') }} as total_costs_gbp,
    {{ typed('innovate_uk.participants', 'actual_spend', 'plain') }} as actual_spend_gbp,
    coalesce(plain.is_withdrawn, 'no') = 'yes' as is_withdrawn,
    plain.project_status,
    -- Micro/Small and SME name two bands or three: which one is not known.
    case
        when {{ regex_match('plain.size_text', 'micro') }} and not {{ regex_match('plain.size_text', 'small|medium') }}
            then 'micro'
        when {{ regex_match('plain.size_text', 'small') }} and not {{ regex_match('plain.size_text', 'micro|medium') }}
            then 'small'
        when {{ regex_match('plain.size_text', 'medium') }} and not {{ regex_match('plain.size_text', 'micro|small') }}
            then 'medium'
        when {{ regex_match('plain.size_text', 'large') }} then 'large'
    end as size_band,
    case
        when {{ regex_match('plain.size_text', 'academic|universit|higher education') }} then 'university'
        when {{ regex_match('plain.size_text', 'public') }} then 'public_body'
        when {{ regex_match('plain.size_text', 'charit|third sector|not.for.profit') }} then 'third_sector'
        when {{ regex_match('plain.size_text', 'micro|small|medium|large|sme') }} then 'business'
    end as organisation_type,
    programmes.grant_programme is not null as is_programme_grant,
    plain.file_name,
    plain._source_record as source_record,
    plain.file_name || '#' || plain.participation_id as source_place
from plain
left join {{ ref('grant_programme') }} as programmes
    on lower(programmes.grant_programme) in (lower(plain.programme_title), lower(plain.competition_title))
