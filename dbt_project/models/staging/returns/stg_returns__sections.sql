with row_counts as (
    {{ section_row_counts() }}
),

-- The cover's word of a table, and that of its own only row; why nothing is there follows `rows:`.
answers as (
    select
        file_sha256,
        section,
        max(case when nothing_to_report = 'yes' then 1 else 0 end) = 1 as is_nil,
        max(case when not_given like '%not_due%' then 1 else 0 end) = 1 as is_not_due,
        max(case when not_given like '%withheld%' then 1 else 0 end) = 1 as is_withheld
    from ({{ returned_rows('sections') }}) as said
    group by file_sha256, section
),

sections as (
    {{ return_sections() }}
)

select
    submissions.partner_code,
    submissions.period_key,
    sections.section,
    coalesce(row_counts.row_count, 0) as row_count,
    case
        when row_counts.row_count > 0 then 'reported'
        when submissions.is_nil_return or answers.is_nil then 'nil'
        when answers.is_withheld then 'withheld'
        when answers.is_not_due then 'not_due'
        else 'not_answered'
    end as answer
from {{ ref('stg_returns__submissions') }} as submissions
cross join sections
left join row_counts
    on
        submissions.partner_code = row_counts.partner_code
        and submissions.period_key = row_counts.period_key
        and sections.section = row_counts.section
left join answers
    on submissions.file_sha256 = answers.file_sha256 and sections.section = answers.section
where submissions.is_current
