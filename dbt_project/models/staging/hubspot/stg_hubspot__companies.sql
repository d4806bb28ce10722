with latest as (
    {{ latest_version(source('hubspot', 'companies'), ['id']) }}
)

-- Archived companies stay: their past support happened. Losers of a merge live on in their winner's merged_ids.
select
    id as company_id,
    name as company_name,
    {{ normalise_domain('domain') }} as domain,
    {{ normalise_company_number('company_number') }} as company_number,
    {{ normalise_charity_number('charity_number') }} as charity_number,
    {{ normalise_postcode('zip') }} as postcode,
    organisation_type,
    cluster_tag,
    size_band,
    merged_ids,
    created_at,
    _deleted_at is not null as is_archived,
    _source_record as source_record
from latest
where coalesce(_delete_reason, '') <> 'merged'
