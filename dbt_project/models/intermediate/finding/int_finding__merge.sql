-- Records of CRMs that are said to be merged, where what they became cannot be followed.
-- noqa: disable=LT02
{%- set crms = [
    ('hubspot', 'companies', 'stg_hubspot__company_merges'),
    ('salesforce', 'accounts', 'stg_salesforce__account_merges'),
    ('dataverse', 'accounts', 'stg_dataverse__account_merges'),
] %}

with records as (
    {%- for source_name, stream, merges in crms %}
    select
        '{{ source_name }}' as source,
        '{{ stream }}' as stream,
        latest.id,
        latest.merged_into,
        coalesce(latest._delete_reason, '') = 'merged' as is_merged,
        coalesce(merged.winner_id, latest.id) as remaining_id
    from ({{ latest_version(source(source_name, stream), ['id']) }}) as latest
    left join {{ ref(merges) }} as merged
        on latest.id = merged.loser_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),
-- noqa: enable=LT02

found as (
    select
        records.source,
        records.stream,
        records.id,
        case
            when winner.id is null then 'merged_into_unknown'
            when remaining.is_merged and known.id is not null then 'merged_in_a_circle'
        end as rule
    from records
    left join records as winner
        on records.source = winner.source and records.merged_into = winner.id
    left join records as remaining
        on records.source = remaining.source and records.remaining_id = remaining.id
    left join records as known
        on remaining.source = known.source and remaining.merged_into = known.id
    where records.is_merged
)

select
    source,
    stream,
    source || '/' || stream || '/' || id as place,
    cast(null as varchar) as cell,
    rule,
    'warning' as severity,
    case rule
        when 'merged_into_unknown'
            then 'The record was merged into one that was never read: it stays a record of its own, with what is its.'
        else 'The record was merged in a circle: the one of them with the least id stands for all.'
    end as message,
    cast(null as varchar) as partner_code
from found
where rule is not null
