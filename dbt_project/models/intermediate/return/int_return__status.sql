-- How a body's quarter came to stand where it stands: open once it is over, submitted with each workbook, and what the
-- office changed. A workbook that comes after a lock changes no status: what it says waits (int_lock__restatement).
with office as (
    select
        partner_code,
        period_key,
        status,
        changed_at,
        changed_by_role,
        reason,
        release_id
    from {{ ref('stg_office__return_status') }}
),

handed_in as (
    select
        partner_code,
        period_key,
        handled_at,
        max(submission_number) as submission_number
    from {{ ref('int_return__submission') }}
    where state in ('current', 'superseded') and handled_at is not null
    group by partner_code, period_key, handled_at
),

last_office as (
    select
        handed_in.*,
        office.status as office_status,
        row_number() over (
            partition by handed_in.partner_code, handed_in.period_key, handed_in.handled_at
            order by office.changed_at desc nulls last
        ) as recency
    from handed_in
    left join office
        on
            handed_in.partner_code = office.partner_code
            and handed_in.period_key = office.period_key
            and handed_in.handled_at >= office.changed_at
),

changes as (
    select partner_code, period_key, status, changed_at, changed_by_role, reason, release_id
    from office
    union all
    select
        partner_code,
        period_key,
        'submitted' as status,
        handled_at as changed_at,
        'cluster body' as changed_by_role,
        'submission ' || cast(submission_number as varchar) as reason,
        cast(null as varchar) as release_id
    from last_office
    where recency = 1 and coalesce(office_status, 'open') <> 'locked'
    union all
    select
        partner_code,
        period_key,
        'open' as status,
        cast({{ dbt.dateadd('day', 1, 'ends_on') }} as timestamp) as changed_at,
        'calendar' as changed_by_role,
        'the quarter is over' as reason,
        cast(null as varchar) as release_id
    from {{ ref('int_return__due') }}
)

select
    changes.*,
    row_number() over (
        partition by partner_code, period_key
        order by
            case when status = 'open' and changed_by_role = 'calendar' then 0 else 1 end desc,
            changed_at desc,
            status asc
    ) = 1 as is_latest
from changes
