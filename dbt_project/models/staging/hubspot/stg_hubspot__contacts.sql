with latest as (
    {{ latest_version(source('hubspot', 'contacts'), ['id']) }}
)

select
    latest.id as contact_id,
    latest.person_key,
    coalesce(merged.winner_id, latest.company_id) as company_id,
    latest._source_record as source_record
from latest
left join {{ ref('stg_hubspot__company_merges') }} as merged
    on latest.company_id = merged.loser_id
where latest._deleted_at is null and latest.person_key is not null
