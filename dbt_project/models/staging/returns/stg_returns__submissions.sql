with covers as (
    {{ latest_version(source('returns', 'covers'), ['file_sha256']) }}
),

-- A number given twice is the workbook's that was submitted first: a later correction has a number of its own.
ranked as (
    select
        covers.*,
        row_number() over (
            partition by partner_code, period_key
            order by
                {{ typed('returns.covers', 'submission_number') }} desc,
                submitted_on asc,
                file_name asc,
                file_sha256 asc
        ) as submission_rank,
        first_value(file_name) over (
            partition by partner_code, period_key, {{ typed('returns.covers', 'submission_number') }}
            order by submitted_on, file_name, file_sha256
        ) as standing_file_name,
        row_number() over (
            partition by partner_code, period_key, {{ typed('returns.covers', 'submission_number') }}
            order by submitted_on, file_name, file_sha256
        ) as copy_number
    from covers
    where {{ is_usable('returns.covers') }}
)

select
    file_sha256,
    file_name,
    ranked.partner_code,
    period_key,
    {{ typed('returns.covers', 'submission_number') }} as submission_number,
    {{ typed('returns.covers', 'submitted_on') }} as submitted_on,
    -- What a body returned that is in the register no longer does not count.
    submission_rank = 1 and partners.partner_code is not null as is_current,
    coalesce(nil_return = 'yes', false) as is_nil_return,
    -- The workbook whose number it repeats.
    case when copy_number > 1 then standing_file_name end as repeats_file_name
from ranked
left join {{ ref('stg_registers__partners') }} as partners
    on ranked.partner_code = partners.partner_code
