with waived as (
    select distinct
        due.partner_code,
        due.period_key
    from {{ ref('int_return__due') }} as due
    inner join {{ ref('waiver') }} as waivers
        on
            waivers.check_name = 'every_expected_return_is_here'
            and waivers.is_in_force
            and waivers.scope_key in (
                'release',
                'partner:' || due.partner_code,
                'period:' || due.period_key,
                'partner:' || due.partner_code || ' period:' || due.period_key,
                due.partner_code || ':' || due.period_key
            )
)

select
    due.partner_code as partner_key,
    due.period_key,
    due.due_on,
    due.new_records_until,
    due.edits_until,
    submissions.first_submitted_on,
    submissions.submitted_on,
    submissions.submission_number,
    submissions.file_name,
    submissions.file_sha256,
    submissions.file_sha256 is not null as is_received,
    -- A correction does not make late what was first handed in on time.
    coalesce(submissions.first_submitted_on <= due.due_on, false) as is_on_time,
    waived.partner_code is not null as is_waived,
    due.locked_at is not null as is_locked
from {{ ref('int_return__due') }} as due
left join {{ ref('int_return__submission') }} as submissions
    on
        due.partner_code = submissions.partner_code
        and due.period_key = submissions.period_key
        and submissions.is_current
left join waived
    on due.partner_code = waived.partner_code and due.period_key = waived.period_key
order by partner_key, period_key
