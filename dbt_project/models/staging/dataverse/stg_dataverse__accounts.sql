with latest as (
    {{ latest_version(source('dataverse', 'accounts'), ['id']) }}
)

-- Deactivated and deleted accounts stay: their past support happened. Losers of a merge live on in their winner.
select
    latest.id as account_id,
    latest.name as account_name,
    {{ normalise_domain('latest.website') }} as domain,
    {{ normalise_company_number('latest.company_number') }} as company_number,
    {{ normalise_charity_number('latest.charity_number') }} as charity_number,
    {{ normalise_postcode('latest.postcode') }} as postcode,
    {{ crm_value('organisation_type', 'latest.organisation_type') }} as organisation_type,
    {{ crm_value('cluster_tag', 'latest.cluster_tag') }} as cluster_tag,
    {{ crm_value('size_band', 'latest.size_band') }} as size_band,
    latest.created_at,
    coalesce({{ crm_label('latest.state') }}, 'active') <> 'inactive' as is_active,
    latest._deleted_at is not null as is_deleted,
    latest._source_record as source_record
from latest
left join {{ ref('stg_dataverse__account_merges') }} as merged
    on latest.id = merged.loser_id
where merged.loser_id is null
