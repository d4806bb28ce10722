-- The bodies of the register, and those that left it while a quarter of theirs is locked: its figures stay.
select partner_code, partner_name, cluster_key, activity_starts_on
from {{ ref('stg_registers__partners') }}
union all
select distinct
    quarters.partner_key as partner_code,
    quarters.partner_key as partner_name,
    cast(null as varchar) as cluster_key,
    cast(null as date) as activity_starts_on
from {{ ref('int_lock__quarter') }} as quarters
left join {{ ref('stg_registers__partners') }} as partners
    on quarters.partner_key = partners.partner_code
where partners.partner_code is null and quarters.partner_key <> 'PROGRAMME'
