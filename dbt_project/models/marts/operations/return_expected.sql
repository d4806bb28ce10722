-- Every cluster body owes a return for every programme quarter that has ended since its activity began.
select
    partners.partner_code as partner_key,
    periods.period_key,
    submissions.submitted_on,
    submissions.submission_number,
    submissions.file_name,
    submissions.file_sha256 is not null as is_received,
    coalesce(waivers.is_in_force, false) as is_waived
from {{ ref('stg_registers__partners') }} as partners
inner join {{ ref('dim_period') }} as periods
    on periods.is_programme_period and periods.status <> 'open' and periods.ends_on >= partners.activity_starts_on
left join {{ ref('stg_returns__submissions') }} as submissions
    on
        partners.partner_code = submissions.partner_code
        and periods.period_key = submissions.period_key
        and submissions.is_current
left join {{ ref('waiver') }} as waivers
    on
        waivers.check_name = 'every_expected_return_is_here'
        and waivers.scope_key = partners.partner_code || ':' || periods.period_key
order by partner_key, period_key
