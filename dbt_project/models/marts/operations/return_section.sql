-- What each return that is owed says of each of its tables: an empty one is not the same as one that nobody filled in.
with sections as (
    {{ return_sections() }}
)

select
    expected.partner_key,
    expected.period_key,
    sections.section,
    answered.row_count,
    coalesce(answered.answer, case when expected.is_waived then 'waived' else 'not_received' end) as answer
from {{ ref('return_expected') }} as expected
cross join sections
left join {{ ref('stg_returns__sections') }} as answered
    on
        expected.partner_key = answered.partner_code
        and expected.period_key = answered.period_key
        and sections.section = answered.section
order by partner_key, period_key, section
