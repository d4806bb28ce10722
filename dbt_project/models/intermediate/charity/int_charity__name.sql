{{ config(tags=['prepare']) }}

-- A charity is known by its name and by every other that its register gives. The company it is counts where one
-- charity of a register says so: of several that name one company, as charities do that were registered anew, the one
-- that is not removed; several such say nothing.
with ranked as (
    select
        charities.*,
        count(*) over (
            partition by charities.register, charities.company_number, charities.is_removed
        ) as of_one_company,
        min(case when charities.is_removed then 1 else 0 end) over (
            partition by charities.register, charities.company_number
        ) as are_all_removed
    from {{ ref('stg_charity_registers__charities') }} as charities
    where charities.charity_number is not null
),

charities as (
    select
        ranked.charity_number,
        ranked.name,
        ranked.postcode,
        case when shared.domain is null then ranked.domain end as domain,
        case
            when ranked.of_one_company = 1 and (not ranked.is_removed or ranked.are_all_removed = 1)
                then ranked.company_number
        end as company_number
    from ranked
    left join {{ ref('shared_domain') }} as shared
        on ranked.domain = shared.domain
),

names as (
    select
        charity_number,
        name,
        false as is_previous,
        postcode,
        domain,
        company_number
    from charities
    union all
    select
        others.charity_number,
        others.name,
        others.is_previous,
        charities.postcode,
        charities.domain,
        charities.company_number
    from {{ ref('stg_charity_registers__other_names') }} as others
    inner join charities
        on others.charity_number = charities.charity_number
),

normalised as (
    select
        charity_number,
        {{ normalise_name('name') }} as normalised_name,
        is_previous,
        postcode,
        domain,
        company_number
    from names
)

select
    charity_number,
    normalised_name,
    is_previous,
    max(postcode) as postcode,
    max(domain) as domain,
    max(company_number) as company_number
from normalised
where normalised_name is not null
group by charity_number, normalised_name, is_previous
