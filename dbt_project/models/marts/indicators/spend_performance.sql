-- Spend against the costs foreseen, from the claims and profiles of Innovate UK's grant service; the programme's own
-- budget and spend are in no source. A participant is compared up to the last period for which a claim was handed in.
with claimed as (
    select
        participant_key,
        project_key,
        max(period_number) as last_period_number,
        sum(period_cost_gbp) as spend_gbp
    from {{ ref('fct_claim') }}
    where claim_state <> 'not_submitted'
    group by participant_key, project_key
),

foreseen as (
    select
        claimed.participant_key,
        sum(forecasts.forecast_cost_gbp) as foreseen_gbp
    from claimed
    inner join {{ ref('fct_claim_forecast') }} as forecasts
        on
            claimed.participant_key = forecasts.participant_key
            and claimed.last_period_number >= forecasts.period_number
    group by claimed.participant_key
),

participants as (
    select
        claimed.project_key,
        claimed.spend_gbp,
        foreseen.foreseen_gbp
    from claimed
    left join foreseen
        on claimed.participant_key = foreseen.participant_key
),

-- A participant whose costs nobody foresaw would look like overspending; its project is not rated.
scoped as (
    select
        'programme' as scope,
        programme.programme_key as scope_key,
        sum(participants.spend_gbp) as spend_gbp,
        sum(participants.foreseen_gbp) as foreseen_gbp,
        count(participants.project_key) as participants,
        count(participants.foreseen_gbp) as foreseen_participants
    from {{ ref('programme') }} as programme
    left join participants
        on true
    group by programme.programme_key
    union all
    select
        'project' as scope,
        project_key as scope_key,
        sum(spend_gbp) as spend_gbp,
        sum(foreseen_gbp) as foreseen_gbp,
        count(*) as participants,
        count(foreseen_gbp) as foreseen_participants
    from participants
    group by project_key
),

judged as (
    select
        scoped.*,
        case
            when participants = 0 then 'no source carries budget and spend'
            when foreseen_participants < participants then 'costs of a participant were not foreseen'
            when foreseen_gbp <= 0 then 'no costs were foreseen'
        end as obstacle
    from scoped
),

thresholds as (
    {{ in_force(ref('rag_threshold'), ['measure', 'rag']) }}
),

levels as (
    select
        judged.scope,
        judged.scope_key,
        min(thresholds.rag_level) as rag_level
    from judged
    inner join thresholds
        on
            thresholds.measure = 'spend'
            and (
                thresholds.limit_value is null
                or abs(judged.spend_gbp - judged.foreseen_gbp) <= judged.foreseen_gbp * thresholds.limit_value
            )
    where judged.obstacle is null
    group by judged.scope, judged.scope_key
)

select
    judged.scope,
    judged.scope_key,
    cast(judged.spend_gbp as decimal(18, 2)) as spend_gbp,
    cast(judged.foreseen_gbp as decimal(18, 2)) as foreseen_gbp,
    cast(
        case when judged.obstacle is null then abs(judged.spend_gbp - judged.foreseen_gbp) / judged.foreseen_gbp end
        as decimal(18, 4)
    ) as variance_share,
    thresholds.rag as spend_rag,
    case when judged.obstacle is null then 'rated' else 'not_available' end as status,
    coalesce(judged.obstacle, 'claims handed in against the costs foreseen for their periods') as reason
from judged
left join levels
    on judged.scope = levels.scope and judged.scope_key = levels.scope_key
left join thresholds
    on thresholds.measure = 'spend' and levels.rag_level = thresholds.rag_level
order by judged.scope, judged.scope_key
