with latest as (
    {{ latest_version(source('salesforce', 'contacts'), ['id']) }}
)

-- Deleted contacts stay: a session with one belongs to the account the contact had.
select
    latest.id as contact_id,
    latest.person_key,
    coalesce(merged.winner_id, latest.account_id) as account_id,
    latest._deleted_at is not null as is_deleted,
    latest._source_record as source_record
from latest
left join {{ ref('stg_salesforce__account_merges') }} as merged
    on latest.account_id = merged.loser_id
