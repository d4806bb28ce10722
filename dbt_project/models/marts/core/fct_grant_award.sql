select
    grants.grant_award_key,
    grants.grant_id,
    grants.award_key,
    grants.title,
    grants.organisation_key,
    cast(null as varchar) as partner_key,
    grants.awarded_on,
    grants.amount_awarded,
    grants.amount_gbp,
    grants.currency,
    grants.funding_org_id,
    grants.funding_org_name,
    grants.programme_title,
    grants.is_individual,
    grants.is_programme_grant,
    places.local_authority_code,
    places.postcode_source,
    grants.status,
    grants.regrant_type,
    'A' as evidence_grade,
    grants.file_name,
    grants.source_system,
    grants.source_record as source_record_id
from {{ ref('int_grant__award') }} as grants
inner join {{ ref('int_grant__place') }} as places
    on grants.grant_award_key = places.grant_award_key
where grants.gave_way_to is null
order by grants.grant_award_key
