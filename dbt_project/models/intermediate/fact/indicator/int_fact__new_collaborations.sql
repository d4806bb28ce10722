with membership as (
    select
        collaboration_key,
        count(*) as organisation_count,
        sum(case when is_business then 1 else 0 end) as business_count,
        count(distinct case when cluster_key not in ('unknown', 'other') then cluster_key end) as cluster_count,
        -- domain.md 2.2 H3 cross_type: business, higher education, public and third sector.
        count(
            distinct case
                when organisation_type in ('business', 'university', 'public_body', 'third_sector')
                    then organisation_type
            end
        ) as type_count,
        min(case when cluster_key <> 'unknown' then cluster_key end) as first_cluster_key
    from {{ ref('int_collaboration__member') }}
    group by collaboration_key
),

described as (
    select
        collaborations.*,
        coalesce(membership.organisation_count, 0) as organisation_count,
        coalesce(membership.business_count, 0) as business_count,
        coalesce(membership.cluster_count, 0) as cluster_count,
        coalesce(membership.type_count, 0) as type_count,
        coalesce(membership.first_cluster_key, 'unknown') as cluster_key
    from {{ ref('stg_returns__collaborations') }} as collaborations
    left join membership
        on collaborations.collaboration_key = membership.collaboration_key
)

select
    'new_collaborations' as indicator_key,
    'new_collaborations:' || described.collaboration_key as fact_key,
    components.component_key as unit_key,
    agreed_on as achieved_on,
    partner_code as partner_key,
    cast(null as varchar) as organisation_key,
    cluster_key,
    'unknown' as local_authority_code,
    cast(1 as decimal(18, 4)) as eligible_quantity,
    cast(1 as decimal(18, 4)) as claimed_quantity,
    record_status = 'withdrawn' as is_withdrawn,
    evidence,
    case
        when collaboration_kind = 'service_purchase' then 'service_purchase'
        when not is_caused_by_programme then 'not_caused_by_programme'
        when organisation_count < {{ parameter('collaboration_minimum_members') }} then 'fewer_than_two_organisations'
        when business_count = 0 then 'no_business_member'
    end as ineligible_reason,
    record_ref as source_ref,
    'returns' as source_system,
    source_record as source_record_id,
    source_place,
    described.collaboration_key,
    collaboration_ref,
    title,
    purpose,
    collaboration_kind,
    is_caused_by_programme,
    record_status,
    cluster_count,
    type_count
from described
inner join {{ ref('int_collaboration__component') }} as components
    on described.collaboration_key = components.collaboration_key
