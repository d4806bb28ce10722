with covers as (
    {{ latest_version(source('returns', 'covers'), ['file_sha256']) }}
),

ranked as (
    select
        covers.*,
        row_number() over (
            partition by partner_code, period_key
            order by cast(submission_number as integer) desc, submitted_on desc, file_sha256 desc
        ) as submission_rank
    from covers
)

select
    file_sha256,
    file_name,
    partner_code,
    period_key,
    cast(submission_number as integer) as submission_number,
    cast(submitted_on as date) as submitted_on,
    submission_rank = 1 as is_current
from ranked
