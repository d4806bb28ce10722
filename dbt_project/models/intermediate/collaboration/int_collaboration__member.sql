-- The members of each collaboration as the last return that lists any has them: members dropped from a later list are
-- members no more; a return without a list says nothing of them. Grain: collaboration and organisation.
with listed as (
    select
        members.*,
        max(period_key) over (partition by collaboration_key) as last_listed_in
    from {{ ref('stg_returns__collaboration_members') }} as members
)

select
    collaborations.collaboration_key,
    resolved.organisation_key,
    min(members.member_number) as member_number,
    min(placed.cluster_key) as cluster_key,
    min(placed.organisation_type) as organisation_type,
    max(case when placed.organisation_type = 'business' then 1 else 0 end) = 1 as is_business
from {{ ref('stg_returns__collaborations') }} as collaborations
inner join listed as members
    on
        collaborations.collaboration_key = members.collaboration_key
        and members.period_key = members.last_listed_in
inner join {{ ref('int_organisation__resolved') }} as resolved
    on
        resolved.source_system = 'returns'
        and members.organisation_record_id = resolved.source_record_id
inner join {{ ref('int_organisation__placed') }} as placed
    on resolved.organisation_key = placed.organisation_key
group by collaborations.collaboration_key, resolved.organisation_key
