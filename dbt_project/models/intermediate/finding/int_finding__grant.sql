-- Grants that gave way: the award stands in another source too. They are kept in int_grant__award.
with standing as (
    select
        award_key,
        min(source_system) as source_system,
        count(*) as row_count,
        sum(amount_awarded) as amount_awarded,
        min(currency) as currency
    from {{ ref('int_grant__award') }}
    where gave_way_to is null and award_key is not null
    group by award_key
)

select
    gave_way.source_system as source,
    case when gave_way.source_system = 'gateway_to_research' then 'projects' else 'grants' end as stream,
    coalesce(gave_way.file_name || '#', '') || gave_way.grant_id as place,
    cast(null as varchar) as cell,
    'award_in_two_sources' as rule,
    -- Equal sums leave nothing to look at; others may be a slip, or another count of the same project.
    case
        when gave_way.status = 'awarded' and gave_way.currency = standing.currency
            and gave_way.amount_awarded = standing.amount_awarded then 'note'
        else 'warning'
    end as severity,
    'the award is in ' || standing.source_system || ' too (' || cast(standing.row_count as varchar) || ' row(s), '
    || standing.currency || ' ' || cast(standing.amount_awarded as varchar) || ', as ' || gave_way.gave_way_to
    || '), which stands; this row (' || gave_way.currency || ' ' || cast(gave_way.amount_awarded as varchar)
    || ', ' || gave_way.status || ') is not counted' as message,
    cast(null as varchar) as partner_code
from {{ ref('int_grant__award') }} as gave_way
inner join standing
    on gave_way.award_key = standing.award_key
where gave_way.gave_way_to is not null
