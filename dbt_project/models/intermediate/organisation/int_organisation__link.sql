-- What matching says of tonight's records, with the organisations they are of.
select
    links.left_source_system,
    links.left_source_record_id,
    links.right_source_system,
    links.right_source_record_id,
    links.match_method,
    links.match_probability,
    links.evidence,
    links.state,
    one.organisation_key as left_organisation_key,
    other.organisation_key as right_organisation_key
from {{ source('registry', 'organisation_link') }} as links
inner join {{ ref('int_organisation__resolved') }} as one
    on
        links.left_source_system = one.source_system
        and links.left_source_record_id = one.source_record_id
inner join {{ ref('int_organisation__resolved') }} as other
    on
        links.right_source_system = other.source_system
        and links.right_source_record_id = other.source_record_id
