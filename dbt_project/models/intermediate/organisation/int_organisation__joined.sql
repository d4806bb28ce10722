-- The numbers of organisations, if all pairs that wait were decided to be the same.
select
    placed.organisation_key as part_key,
    coalesce(groups.group_key, placed.organisation_key) as organisation_key,
    placed.company_number,
    placed.charity_number
from {{ ref('int_organisation__placed') }} as placed
left join {{ ref('int_organisation__waiting_group') }} as groups
    on placed.organisation_key = groups.organisation_key
