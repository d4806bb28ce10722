-- The members of each collaboration, if all pairs of organisations that wait were decided to be the same.
select
    members.collaboration_key,
    joined.organisation_key,
    max(case when members.is_business then 1 else 0 end) = 1 as is_business
from {{ ref('int_collaboration__member') }} as members
inner join {{ ref('int_organisation__joined') }} as joined
    on members.organisation_key = joined.part_key
group by members.collaboration_key, joined.organisation_key
