with latest as (
    {{ latest_version(source('hubspot', 'meetings'), ['id']) }}
)

select
    latest.id as meeting_id,
    latest.partner_code,
    {{ programme_date('latest.started_at') }} as supported_on,
    {{ session_minutes('null', 'null', 'latest.started_at', 'latest.ended_at') }} as support_minutes,
    coalesce({{ crm_value('outcome', 'latest.outcome') }} = 'completed', false) as is_completed,
    coalesce({{ crm_value('channel', 'latest.channel') }}, 'other') as channel,
    coalesce({{ crm_value('evidence', 'latest.evidence') }}, 'none') as evidence,
    latest._source_record as source_record
from latest
where latest._deleted_at is null
