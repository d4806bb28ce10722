with latest as (
    {{ latest_listed(source('registers', 'groups'), ['company_number']) }}
),

-- Written with its zeros or without, a number is one company; the row read last stands.
numbered as (
    select
        {{ normalise_company_number('company_number') }} as company_number,
        trim(group_key) as group_key,
        coalesce(list_name, 'groups.csv') || '#!' || split_part(_source_record, ':', 2) as source_place,
        row_number() over (
            partition by {{ normalise_company_number('company_number') }}
            order by _loaded_at desc, _load_id desc, company_number desc
        ) as telling
    from latest
)

select
    company_number,
    group_key,
    source_place
from numbered
where telling = 1 and company_number is not null
