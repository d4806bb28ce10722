-- Every workbook that was handed in and read, with what became of it.
with submissions as (
    select
        submissions.*,
        files.handled_at,
        files.rows_loaded,
        files.rows_quarantined,
        partners.partner_code is not null as is_registered,
        max(case when submissions.is_current then submissions.file_name end) over (
            partition by submissions.partner_code, submissions.period_key
        ) as current_file_name,
        min(submissions.submitted_on) over (
            partition by submissions.partner_code, submissions.period_key
        ) as first_submitted_on
    from {{ ref('stg_returns__submissions') }} as submissions
    left join {{ ref('stg_inbox__files') }} as files
        on submissions.file_sha256 = files.file_sha256 and files.kind = 'returns'
    left join {{ ref('stg_registers__partners') }} as partners
        on submissions.partner_code = partners.partner_code
)

select
    submissions.file_sha256,
    submissions.file_name,
    submissions.partner_code,
    submissions.period_key,
    submissions.submission_number,
    submissions.submitted_on,
    submissions.handled_at,
    case
        when submissions.is_current then 'current'
        when not submissions.is_registered then 'body_not_registered'
        when submissions.repeats_file_name is not null then 'number_repeated'
        else 'superseded'
    end as state,
    case when not submissions.is_current then coalesce(submissions.repeats_file_name, submissions.current_file_name) end
        as standing_file_name,
    submissions.rows_loaded,
    submissions.rows_quarantined,
    submissions.is_current,
    submissions.first_submitted_on,
    due.due_on,
    submissions.submitted_on <= due.due_on as is_on_time,
    coalesce(submissions.submitted_on > due.new_records_until, false) as is_after_new_records,
    coalesce(submissions.submitted_on > due.edits_until, false) as is_after_edits,
    coalesce(submissions.handled_at > due.locked_at, false) as is_after_lock
from submissions
left join {{ ref('int_return__due') }} as due
    on submissions.partner_code = due.partner_code and submissions.period_key = due.period_key
