{{ config(materialized='view') }}

-- The list has no date of award: the project's start stands for it.
select
    'innovate_uk' as source_system,
    participation_id as organisation_record_id,
    'innovate_uk:' || participation_id as grant_award_key,
    1 as source_rank,
    participation_id as grant_id,
    project_number as award_reference,
    cast(null as varchar) as grant_system,
    coalesce(company_number, participation_id) as recipient_ref,
    project_title as title,
    starts_on as awarded_on,
    award_gbp as amount_awarded,
    'GBP' as currency,
    cast(null as varchar) as funding_org_id,
    'Innovate UK' as funding_org_name,
    coalesce(programme_title, competition_title) as programme_title,
    false as is_individual,
    is_programme_grant,
    1 as recipients,
    case when is_withdrawn then 'withdrawn' else 'awarded' end as status,
    cast(null as varchar) as regrant_type,
    cast(null as varchar) as beneficiary_geo_code,
    file_name,
    source_record,
    source_place
from {{ ref('stg_innovate_uk__participants') }}
