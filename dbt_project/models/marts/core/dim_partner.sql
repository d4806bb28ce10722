select
    partners.partner_code as partner_key,
    partners.partner_name as name,
    coalesce(clusters.cluster_key, 'unknown') as cluster_key,
    partners.activity_starts_on
from {{ ref('int_partner__body') }} as partners
left join {{ ref('cluster') }} as clusters
    on partners.cluster_key = clusters.cluster_key
order by partner_key
