-- Rows of the registers that cannot do what they were entered for: they name nothing that is known, or grade too low.
-- The row stays; it decides, waives or places nothing until it is put right.
with decisions as (
    select
        verification.source_place,
        verification.partner_code,
        case
            when indicator.indicator_key is null then 'register_unknown_indicator'
            when partners.partner_code is null then 'register_unknown_body'
            -- Told of already (int_finding__decision): it fits several records, or a later row overrules it.
            when not verification.is_decisive then null
            when decided.register_place is null then 'register_names_nothing'
            when
                verification.decision = 'verified'
                and verification.evidence_grade > indicator.minimum_evidence_grade
                then 'register_grade_below_minimum'
        end as rule,
        indicator.minimum_evidence_grade
    from {{ ref('int_fact__decision') }} as verification
    left join {{ ref('indicator') }} as indicator
        on verification.indicator_key = indicator.indicator_key
    left join {{ ref('stg_registers__partners') }} as partners
        on verification.partner_code = partners.partner_code
    left join (select distinct register_place from {{ ref('int_fact__assessed') }}) as decided
        on verification.source_place = decided.register_place
),

-- What scopes of waivers are made of, as quality/consequence.py reads them.
scope_parts as (
    select 'indicator:' || indicator_key as part from {{ ref('indicator') }}
    union all
    select 'indicator:' || indicator_code as part from {{ ref('indicator') }}
    union all
    select 'partner:' || partner_code as part from {{ ref('stg_registers__partners') }}
    union all
    select 'period:' || period_key as part from {{ ref('int_period__calendar') }}
    union all
    select 'breakdown:partner' as part
    union all
    select 'breakdown:cluster' as part
    union all
    select 'breakdown:local_authority' as part
),

bodies_and_quarters as (
    select
        partners.partner_code || ':' || calendar.period_key as scope_key
    from {{ ref('stg_registers__partners') }} as partners
    cross join {{ ref('int_period__calendar') }} as calendar
),

waived_parts as (
    select
        waivers.source_place,
        waivers.scope_key,
        split_part(waivers.scope_key, ' ', numbers.n) as part
    from {{ ref('stg_registers__waivers') }} as waivers
    cross join ({{ integers(1, 8) }}) as numbers
    where split_part(waivers.scope_key, ' ', numbers.n) <> ''
),

scopeless as (
    select waived_parts.source_place
    from waived_parts
    left join scope_parts
        on waived_parts.part = scope_parts.part
    left join bodies_and_quarters
        on waived_parts.scope_key = bodies_and_quarters.scope_key
    where waived_parts.scope_key <> 'release' and bodies_and_quarters.scope_key is null
    group by waived_parts.source_place
    having
        count(*) <> count(scope_parts.part)
        or count(*) <> count(distinct split_part(waived_parts.part, ':', 1))
),

shared as (
    select eventbrite_organization_id
    from {{ ref('stg_registers__partners') }}
    where eventbrite_organization_id is not null
    group by eventbrite_organization_id
    having count(*) > 1
),

files as (
    select
        file_name,
        status,
        reason,
        row_number() over (partition by kind, file_name order by handled_at desc) as recency
    from {{ ref('stg_inbox__files') }}
),

-- What is claimed elsewhere too, and names no claim of this programme.
elsewhere as (
    select
        also_claimed.source_place,
        also_claimed.partner_code,
        case
            when indicator.indicator_key is null then 'register_unknown_indicator'
            when partners.partner_code is null then 'register_unknown_body'
            when claimed.reference_key is null then 'register_names_nothing'
        end as rule
    from {{ ref('stg_registers__also_claimed') }} as also_claimed
    left join {{ ref('indicator') }} as indicator
        on also_claimed.indicator_key = indicator.indicator_key
    left join {{ ref('stg_registers__partners') }} as partners
        on also_claimed.partner_code = partners.partner_code
    left join (
        select distinct
            indicator_key,
            partner_key,
            {{ reference_key('source_ref') }} as reference_key
        from {{ ref('int_fact__assessed') }}
    ) as claimed
        on
            also_claimed.indicator_key = claimed.indicator_key
            and also_claimed.partner_code = claimed.partner_key
            and also_claimed.reference_key = claimed.reference_key
),

found as (
    select
        'registers' as source,
        'also_claimed' as stream,
        source_place as place,
        rule,
        case rule
            when 'register_unknown_indicator' then 'indicator_key is none of the indicators (table dim_indicator)'
            when 'register_unknown_body' then 'partner_code is not in the partners register'
            else 'source_ref names no claim of this body for this indicator'
        end || ': the row says nothing of any claim' as message,
        partner_code
    from elsewhere
    where rule is not null
    union all
    select
        'registers' as source,
        'claims' as stream,
        claims.source_place as place,
        'register_unknown_body' as rule,
        'partner_code is not in the partners register: nothing is payable' as message,
        claims.partner_code
    from {{ ref('stg_registers__claims') }} as claims
    left join {{ ref('stg_registers__partners') }} as partners
        on claims.partner_code = partners.partner_code
    where partners.partner_code is null
    union all
    select
        'registers' as source,
        'verification' as stream,
        source_place as place,
        rule,
        case rule
            when 'register_unknown_indicator'
                then 'indicator_key is none of the indicators (table dim_indicator): the row decides nothing'
            when 'register_unknown_body'
                then 'partner_code is not in the partners register: the row decides nothing'
            when 'register_names_nothing'
                then 'source_ref names no claim of this body for this indicator: the row decides nothing yet'
            else 'verified with an evidence grade below the minimum of the indicator, ' || minimum_evidence_grade
                || ': the claim is evidenced, not verified'
        end as message,
        partner_code
    from decisions
    where rule is not null
    union all
    select
        'registers' as source,
        'waivers' as stream,
        source_place as place,
        'waiver_names_nothing' as rule,
        'scope_key is no scope: write release, or one or several of indicator:, partner:, period: and breakdown: with '
        || 'what there is (partner:CB01 period:2024-25-Q1): the row waives nothing' as message,
        cast(null as varchar) as partner_code
    from scopeless
    union all
    select
        'registers' as source,
        'ratings' as stream,
        ratings.source_place as place,
        case when indicator.indicator_key is null then 'register_unknown_indicator' else 'rating_without_target' end
            as rule,
        case
            when indicator.indicator_key is null
                then 'indicator_key is none of the indicators (table dim_indicator): the row rates nothing'
            else 'no target is stated for this indicator: there is nothing to rate, the row has no effect'
        end as message,
        cast(null as varchar) as partner_code
    from {{ ref('stg_registers__ratings') }} as ratings
    left join {{ ref('indicator') }} as indicator
        on ratings.indicator_key = indicator.indicator_key
    left join ({{ in_force(ref('target'), ['indicator_key']) }}) as targets
        on ratings.indicator_key = targets.indicator_key
    where coalesce(targets.target_status, 'not_stated') = 'not_stated'
    union all
    select
        'registers' as source,
        'partners' as stream,
        partners.source_place as place,
        'register_unknown_cluster' as rule,
        'cluster_key is none of the clusters (table dim_cluster): the body is in cluster unknown' as message,
        partners.partner_code
    from {{ ref('stg_registers__partners') }} as partners
    left join {{ ref('cluster') }} as clusters
        on partners.cluster_key = clusters.cluster_key
    where partners.cluster_key is not null and clusters.cluster_key is null
    union all
    select
        'registers' as source,
        'partners' as stream,
        partners.source_place as place,
        'register_shared_organiser' as rule,
        'another body has the same eventbrite_organization_id: its events are the first code''s' as message,
        partners.partner_code
    from {{ ref('stg_registers__partners') }} as partners
    inner join shared
        on partners.eventbrite_organization_id = shared.eventbrite_organization_id
    union all
    select
        'returns' as source,
        'covers' as stream,
        submissions.file_name as place,
        'body_not_registered' as rule,
        'its cluster body is in the partners register no longer: nothing of the workbook counts' as message,
        submissions.partner_code
    from {{ ref('stg_returns__submissions') }} as submissions
    left join {{ ref('stg_registers__partners') }} as partners
        on submissions.partner_code = partners.partner_code
    where partners.partner_code is null
    union all
    select
        'inbox' as source,
        'files' as stream,
        file_name as place,
        'list_held' as rule,
        reason as message,
        cast(null as varchar) as partner_code
    from files
    where recency = 1 and status = 'held'
)

select
    source,
    stream,
    place,
    cast(null as varchar) as cell,
    rule,
    'warning' as severity,
    message,
    partner_code
from found
