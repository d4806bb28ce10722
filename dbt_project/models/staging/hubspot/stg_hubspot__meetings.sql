with latest as (
    {{ latest_version(source('hubspot', 'meetings'), ['id']) }}
)

select
    id as meeting_id,
    partner_code,
    {{ local_date('started_at', "'Europe/London'") }} as supported_on,
    cast(
        {{ dbt.datediff('cast(started_at as timestamp)', 'cast(ended_at as timestamp)', 'second') }} / 3600.0 -- noqa: LT05
        as decimal(12, 4)
    ) as support_hours,
    upper(coalesce(outcome, '')) = 'COMPLETED' as is_completed,
    coalesce(channel, 'other') as channel,
    coalesce(evidence, 'none') as evidence,
    _source_record as source_record
from latest
where _deleted_at is null
