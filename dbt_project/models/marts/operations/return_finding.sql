-- What is wrong or odd in workbooks, each finding with the submission it is of: of workbooks of one name the one that
-- was read last before it was found.
with found as (
    select
        *,
        split_part(place, '#', 1) as file_name
    from {{ ref('finding') }}
    where source = 'returns'
),

matched as (
    select
        found.*,
        submissions.file_sha256,
        submissions.partner_code,
        submissions.period_key,
        submissions.submission_number,
        submissions.is_current,
        row_number() over (
            partition by
                found.stream,
                found.place,
                found.cell,
                found.rule,
                found.severity,
                found.message,
                found.partner_key,
                found.found_at
            order by
                case
                    when submissions.handled_at <= coalesce(found.found_at, submissions.handled_at) then 0
                    else 1
                end asc,
                submissions.handled_at desc,
                submissions.file_sha256 asc
        ) as choice
    from found
    left join {{ ref('int_return__submission') }} as submissions
        on found.file_name = submissions.file_name
)

select
    coalesce(partner_code, partner_key) as partner_key,
    period_key,
    submission_number,
    file_name,
    file_sha256,
    coalesce(is_current, false) as is_current,
    stream,
    place,
    cell,
    rule,
    severity,
    severity <> 'error' as is_counted,
    message,
    found_at
from matched
where choice = 1
order by file_name, stream, place, cell, rule, severity, message, partner_key, found_at
