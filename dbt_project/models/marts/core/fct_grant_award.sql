select
    grants.grant_id as grant_award_key,
    grants.grant_id,
    grants.title,
    resolved.organisation_key,
    cast(null as varchar) as partner_key,
    grants.awarded_on,
    grants.amount_awarded,
    case when grants.currency = 'GBP' then grants.amount_awarded end as amount_gbp,
    grants.currency,
    grants.funding_org_id,
    grants.funding_org_name,
    grants.programme_title,
    grants.is_individual,
    grants.is_programme_grant,
    coalesce(placed.local_authority_code, 'unknown') as local_authority_code,
    'awarded' as status,
    'A' as evidence_grade,
    grants.file_name,
    grants.source_record as source_record_id
from {{ ref('stg_threesixtygiving__grants') }} as grants
left join {{ ref('int_organisation__resolved') }} as resolved
    on resolved.source_system = 'threesixtygiving' and grants.grant_id = resolved.source_record_id
left join {{ ref('int_organisation__placed') }} as placed
    on resolved.organisation_key = placed.organisation_key
order by grant_award_key
