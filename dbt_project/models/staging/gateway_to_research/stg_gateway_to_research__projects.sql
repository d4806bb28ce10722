-- The export and the API name a project by the same id. Where both know it, what was landed last stands; the postcode
-- comes from the API alone.
with exported as (
    {{ latest_version(source('gateway_to_research', 'projects'), ['project_id']) }}
),

asked as (
    {{ latest_version(source('gateway_to_research_api', 'projects'), ['id']) }}
),

both_ways as (
    select
        project_id,
        project_reference,
        title,
        project_category,
        status,
        start_date,
        end_date,
        award_pounds,
        region,
        funder_name,
        lead_organisation_name,
        lead_organisation_id,
        cast(null as varchar) as lead_postcode,
        file_name,
        _loaded_at as loaded_at,
        _source_record as source_record
    from exported
    where _deleted_at is null and {{ is_usable('gateway_to_research.projects') }}
    union all
    select
        id as project_id,
        project_reference,
        title,
        project_category,
        status,
        start_date,
        end_date,
        award_pounds,
        region,
        funder_name,
        lead_organisation_name,
        lead_organisation_id,
        lead_postcode,
        cast(null as varchar) as file_name,
        _loaded_at as loaded_at,
        _source_record as source_record
    from asked
    where _deleted_at is null and {{ is_usable('gateway_to_research_api.projects') }}
),

ranked as (
    select
        *,
        max(lead_postcode) over (partition by project_id) as known_postcode,
        row_number() over (partition by project_id order by loaded_at desc, source_record asc) as recency
    from both_ways
)

select
    ranked.project_id,
    ranked.project_reference,
    ranked.title,
    ranked.project_category,
    ranked.status,
    {{ typed('gateway_to_research.projects', 'start_date', 'ranked') }} as starts_on,
    {{ typed('gateway_to_research.projects', 'end_date', 'ranked') }} as ends_on,
    {{ typed('gateway_to_research.projects', 'award_pounds', 'ranked') }} as award_gbp,
    ranked.region,
    ranked.funder_name,
    ranked.lead_organisation_name,
    ranked.lead_organisation_id,
    {{ normalise_postcode('ranked.known_postcode') }} as lead_postcode,
    programmes.grant_programme is not null as is_programme_grant,
    ranked.file_name,
    ranked.source_record
from ranked
left join {{ ref('grant_programme') }} as programmes
    on lower(ranked.project_category) = lower(programmes.grant_programme)
where ranked.recency = 1
