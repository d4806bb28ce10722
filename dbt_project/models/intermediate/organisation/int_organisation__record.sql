{{ config(tags=['prepare']) }}

with attendees as (
    select
        'eventbrite' as source_system,
        attendee_id as source_record_id,
        organisation_name as name,
        cast(null as varchar) as company_number,
        cast(null as varchar) as charity_number,
        organisation_postcode as postcode,
        coalesce(organisation_domain, email_domain) as domain,
        cast(null as varchar) as organisation_type,
        cast(null as varchar) as cluster_tag,
        cast(null as varchar) as size_band,
        created_at as recorded_at,
        cast(null as varchar) as same_as_record_id
    from {{ ref('stg_eventbrite__attendees') }}
    where organisation_name is not null
),

companies as (
    select
        'hubspot' as source_system,
        companies.company_id as source_record_id,
        companies.company_name as name,
        companies.company_number,
        companies.charity_number,
        companies.postcode,
        companies.domain,
        companies.organisation_type,
        companies.cluster_tag,
        companies.size_band,
        companies.created_at as recorded_at,
        cast(null as varchar) as same_as_record_id
    from {{ ref('stg_hubspot__companies') }} as companies
    left join {{ ref('stg_hubspot__company_merges') }} as merged
        on companies.company_id = merged.loser_id
    where merged.loser_id is null
),

-- The loser of a merge is a record that other sources may still name: it belongs to its winner.
merged_companies as (
    select
        'hubspot' as source_system,
        loser_id as source_record_id,
        cast(null as varchar) as name,
        cast(null as varchar) as company_number,
        cast(null as varchar) as charity_number,
        cast(null as varchar) as postcode,
        cast(null as varchar) as domain,
        cast(null as varchar) as organisation_type,
        cast(null as varchar) as cluster_tag,
        cast(null as varchar) as size_band,
        cast(null as varchar) as recorded_at,
        winner_id as same_as_record_id
    from {{ ref('stg_hubspot__company_merges') }}
),

grant_recipients as (
    select
        'threesixtygiving' as source_system,
        grant_id as source_record_id,
        recipient_name as name,
        company_number,
        charity_number,
        postcode,
        cast(null as varchar) as domain,
        case
            when charity_number is not null then 'third_sector'
            when company_number is not null then 'business'
        end as organisation_type,
        cast(null as varchar) as cluster_tag,
        cast(null as varchar) as size_band,
        cast(awarded_on as varchar) as recorded_at,
        cast(null as varchar) as same_as_record_id
    from {{ ref('stg_threesixtygiving__grants') }}
    where not is_individual
),

businesses as (
    select
        'returns' as source_system,
        organisation_record_id as source_record_id,
        business_name as name,
        company_number,
        charity_number,
        postcode,
        domain,
        organisation_type,
        cluster_tag,
        size_band,
        submitted_on as recorded_at,
        cast(null as varchar) as same_as_record_id
    from {{ ref('stg_returns__businesses') }}
),

members as (
    select
        'returns' as source_system,
        organisation_record_id as source_record_id,
        organisation_name as name,
        company_number,
        charity_number,
        postcode,
        domain,
        organisation_type,
        cluster_tag,
        cast(null as varchar) as size_band,
        submitted_on as recorded_at,
        cast(null as varchar) as same_as_record_id
    from {{ ref('stg_returns__collaboration_members') }}
),

jobs as (
    select
        'returns' as source_system,
        organisation_record_id as source_record_id,
        business_name as name,
        company_number,
        cast(null as varchar) as charity_number,
        postcode,
        cast(null as varchar) as domain,
        cast(null as varchar) as organisation_type,
        cast(null as varchar) as cluster_tag,
        cast(null as varchar) as size_band,
        submitted_on as recorded_at,
        cast(null as varchar) as same_as_record_id
    from {{ ref('stg_returns__jobs') }}
),

leverage_sources as (
    select
        'returns' as source_system,
        organisation_record_id as source_record_id,
        source_organisation as name,
        company_number,
        cast(null as varchar) as charity_number,
        cast(null as varchar) as postcode,
        cast(null as varchar) as domain,
        case source_type
            when 'university' then 'university'
            when 'third_sector' then 'third_sector'
            when 'public' then 'public_body'
        end as organisation_type,
        cast(null as varchar) as cluster_tag,
        cast(null as varchar) as size_band,
        submitted_on as recorded_at,
        cast(null as varchar) as same_as_record_id
    from {{ ref('stg_returns__leverage') }}
),

records as (
    select * from attendees
    union all
    select * from companies
    union all
    select * from merged_companies
    union all
    select * from grant_recipients
    union all
    select * from businesses
    union all
    select * from members
    union all
    select * from jobs
    union all
    select * from leverage_sources
)

select
    source_system,
    source_record_id,
    trim(name) as name,
    {{ normalise_name('name') }} as normalised_name,
    company_number,
    charity_number,
    postcode,
    domain,
    organisation_type,
    cluster_tag,
    size_band,
    recorded_at,
    same_as_record_id
from records
