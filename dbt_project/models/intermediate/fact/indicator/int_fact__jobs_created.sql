-- In contracted hours, so that sums and caps are exact; full-time equivalents are made of them once, in the figures.
with supported as (
    select
        organisation_key,
        min(happened_on) as supported_since
    from {{ ref('int_support__activity') }}
    where not is_void
    group by organisation_key
),

jobs as (
    select
        jobs.*,
        resolved.organisation_key,
        placed.cluster_key,
        placed.organisation_type,
        supported.supported_since,
        coalesce(
            {{ authority_of('jobs.postcode') }}, sites.local_authority_code, placed.local_authority_code
        ) as workplace_authority_code,
        coalesce({{ authority_of('jobs.postcode') }}, sites.local_authority_code) = 'outside' as is_outside,
        case
            when jobs.postcode is not null then 'workplace'
            else coalesce(sites.postcode_source, placed.postcode_source)
        end as postcode_source,
        cast(least({{ parameter('ft_hours') }}, jobs.contracted_hours) as decimal(18, 4)) as post_hours
    from {{ ref('stg_returns__jobs') }} as jobs
    inner join {{ ref('int_organisation__resolved') }} as resolved
        on
            resolved.source_system = 'returns'
            and jobs.organisation_record_id = resolved.source_record_id
    inner join {{ ref('int_organisation__placed') }} as placed
        on resolved.organisation_key = placed.organisation_key
    left join supported
        on resolved.organisation_key = supported.organisation_key
    left join {{ ref('int_organisation__site') }} as sites
        on resolved.organisation_key = sites.organisation_key
    left join {{ ref('stg_reference__postcodes') }} as directory
        on jobs.postcode = directory.postcode
)

select
    'jobs_created' as indicator_key,
    'jobs_created:' || partner_code || ':' || record_ref as fact_key,
    organisation_key || '|' || {{ reference_key('post_ref') }} as unit_key,
    started_on as achieved_on,
    partner_code as partner_key,
    organisation_key,
    cluster_key,
    workplace_authority_code as local_authority_code,
    post_hours as eligible_quantity,
    post_hours as claimed_quantity,
    record_status = 'withdrawn' as is_withdrawn,
    evidence,
    case
        when post_kind <> 'new' then 'not_new_post'
        when
            contract_type <> 'permanent'
            or coalesce(expected_months, {{ parameter('permanent_months') }}) < {{ parameter('permanent_months') }}
            then 'not_permanent'
        when not is_filled then 'not_filled'
        when is_business_insolvent then 'business_insolvent'
        when organisation_type <> 'business' then 'not_a_business'
        when supported_since is null or supported_since > started_on then 'not_supported_before'
        when is_outside then 'out_of_area'
        when follow_up_fte is null then 'no_follow_up'
    end as ineligible_reason,
    record_ref as source_ref,
    'returns' as source_system,
    source_record as source_record_id,
    source_place,
    record_ref,
    post_ref,
    baseline_fte,
    follow_up_fte,
    postcode_source
from jobs
