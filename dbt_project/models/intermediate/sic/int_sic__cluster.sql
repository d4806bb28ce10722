-- The longest prefix wins; prefixes that place a firm only together with a tag place none by themselves.
with matched as (
    select
        codes.sic_code,
        prefixes.sic_prefix,
        prefixes.cluster_key,
        prefixes.weight,
        prefixes.is_primary,
        rank() over (partition by codes.sic_code order by length(prefixes.sic_prefix) desc) as prefix_rank
    from {{ ref('sic_2007') }} as codes
    inner join {{ ref('sic_cluster') }} as prefixes
        on codes.sic_code like prefixes.sic_prefix || '%'
    where not prefixes.needs_tag
)

select
    codes.sic_code,
    matched.sic_prefix,
    coalesce(matched.cluster_key, 'other') as cluster_key,
    coalesce(matched.weight, cast(1 as decimal(5, 4))) as weight,
    coalesce(matched.is_primary, true) as is_primary
from {{ ref('sic_2007') }} as codes
left join matched
    on codes.sic_code = matched.sic_code and matched.prefix_rank = 1
