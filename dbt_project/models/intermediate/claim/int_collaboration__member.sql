-- The members of each collaboration as its current return lists them. Grain: collaboration and organisation.
select
    collaborations.collaboration_key,
    resolved.organisation_key,
    min(members.member_number) as member_number,
    min(placed.cluster_key) as cluster_key,
    min(placed.organisation_type) as organisation_type,
    max(case when placed.organisation_type = 'business' then 1 else 0 end) = 1 as is_business
from {{ ref('stg_returns__collaborations') }} as collaborations
inner join {{ ref('stg_returns__collaboration_members') }} as members
    on
        collaborations.collaboration_key = members.collaboration_key
        -- Members dropped in a later return of the collaboration are members no more.
        and collaborations.period_key = members.period_key
inner join {{ ref('int_organisation__resolved') }} as resolved
    on
        resolved.source_system = 'returns'
        and members.organisation_record_id = resolved.source_record_id
inner join {{ ref('int_organisation__placed') }} as placed
    on resolved.organisation_key = placed.organisation_key
group by collaborations.collaboration_key, resolved.organisation_key
