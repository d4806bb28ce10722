select
    codes.sic_code,
    codes.description,
    codes.section_letter,
    clusters.cluster_key,
    clusters.weight,
    clusters.is_primary,
    clusters.sic_prefix
from {{ ref('int_sic__cluster') }} as clusters
inner join {{ ref('sic_2007') }} as codes
    on clusters.sic_code = codes.sic_code
order by codes.sic_code, clusters.cluster_key
