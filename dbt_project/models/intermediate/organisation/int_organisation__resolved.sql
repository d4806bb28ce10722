-- An attendee who moved, or a return that was corrected, may have a key in the registry and no record tonight:
-- only tonight's records are the mart's.
select
    records.source_system,
    records.source_record_id,
    registry.organisation_key,
    registry.match_method,
    registry.match_probability,
    records.name,
    records.company_number,
    records.charity_number,
    records.postcode,
    records.organisation_type,
    case
        when clusters.cluster_key is not null then clusters.cluster_key
        when records.cluster_tag is not null then 'other'
    end as cluster_key,
    records.size_band
from {{ ref('int_organisation__record') }} as records
inner join {{ source('registry', 'organisation_record') }} as registry
    on
        records.source_system = registry.source_system
        and records.source_record_id = registry.source_record_id
left join {{ ref('cluster') }} as clusters
    on records.cluster_tag = clusters.cluster_key
