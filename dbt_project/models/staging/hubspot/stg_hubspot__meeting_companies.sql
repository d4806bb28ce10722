with latest as (
    {{ latest_version(source('hubspot', 'associations'), ['from_type', 'from_id', 'to_type', 'to_id']) }}
)

-- A company that was merged away hands its meetings to its winner.
select distinct
    latest.from_id as meeting_id,
    coalesce(merged.winner_id, latest.to_id) as company_id
from latest
left join {{ ref('stg_hubspot__company_merges') }} as merged
    on latest.to_id = merged.loser_id
where latest.from_type = 'meetings' and latest.to_type = 'companies' and latest._deleted_at is null
