with listed as (
    select
        company_id as winner_id,
        {{ split_to_rows('merged_ids') }} as loser_id
    from {{ ref('stg_hubspot__companies') }}
    where merged_ids is not null
)

select
    trim(loser_id) as loser_id,
    max(winner_id) as winner_id
from listed
where trim(loser_id) <> ''
group by trim(loser_id)
