select
    file_sha256,
    file_name,
    partner_code as partner_key,
    period_key,
    submission_number,
    submitted_on,
    handled_at as received_at,
    state,
    standing_file_name,
    rows_loaded,
    rows_quarantined,
    due_on,
    is_on_time,
    is_after_new_records,
    is_after_edits,
    is_after_lock
from {{ ref('int_return__submission') }}
order by period_key, partner_key, submission_number, file_name, file_sha256
