{#
    Rules over collaborations and their members, `members` being a relation with `collaboration_key` and
    `organisation_key`: as they are, or as they would be if organisations that wait for people were one.
#}

{# Which returned collaborations are one: `collaboration_key` and `component_key`. #}
{% macro collaboration_components(members) %}
    with recursive members as (
        select
            collaboration_key,
            {{ ordered_list('organisation_key') }} as member_list
        from {{ members }}
        group by collaboration_key
    ),

    described as (
        select
            collaborations.collaboration_key,
            collaborations.partner_code || '|' || collaborations.agreement_ref as body_and_agreement,
            collaborations.agreement_ref || '|' || {{ title_key('collaborations.purpose') }} as agreement_and_purpose,
            collaborations.agreement_ref || '|' || members.member_list as agreement_and_members,
            members.member_list || '|' || {{ title_key('collaborations.purpose') }} as members_and_purpose
        from {{ ref('stg_returns__collaborations') }} as collaborations
        left join members
            on collaborations.collaboration_key = members.collaboration_key
    ),

    {{ components('described', 'collaboration_key', [
        'body_and_agreement', 'agreement_and_purpose', 'agreement_and_members', 'members_and_purpose',
    ]) }}

    select
        node as collaboration_key,
        component as component_key
    from components
{% endmacro %}

{#
    Which collaborations are new: `fact_key` and `is_new`. `organisations`: a relation with the numbers of each
    `organisation_key`, by which ties of an earlier programme are known.
#}
{% macro collaboration_novelty(members, organisations) %}
    with ranked as (
        select
            assessed.fact_key,
            assessed.achieved_on,
            collaborations.collaboration_key,
            row_number() over (
                partition by assessed.unit_key
                order by case when assessed.is_programme_period then 0 else 1 end, assessed.achieved_on, assessed.fact_key
            ) as telling
        from {{ ref('int_fact__assessed') }} as assessed
        inner join {{ ref('int_fact__new_collaborations') }} as collaborations
            on assessed.fact_key = collaborations.fact_key
        where assessed.not_counted_reason is null
    ),

    -- A collaboration that one body dates before the programme and another within it is no earlier tie of itself.
    qualifying as (
        select
            fact_key,
            achieved_on,
            collaboration_key
        from ranked
        where telling = 1
    ),

    pairs as (
        select
            qualifying.fact_key,
            qualifying.achieved_on,
            one.organisation_key as one_key,
            other.organisation_key as other_key
        from qualifying
        inner join {{ members }} as one
            on qualifying.collaboration_key = one.collaboration_key
        inner join {{ members }} as other
            on
                qualifying.collaboration_key = other.collaboration_key
                and one.organisation_key < other.organisation_key
    ),

    numbered as (
        select
            organisation_key,
            company_number as number
        from {{ organisations }}
        where company_number is not null
        union
        select
            organisation_key,
            charity_number as number
        from {{ organisations }}
        where charity_number is not null
    ),

    baseline as (
        select
            cast(null as varchar) as fact_key,
            ties.tied_on as achieved_on,
            least(one.organisation_key, other.organisation_key) as one_key,
            greatest(one.organisation_key, other.organisation_key) as other_key
        from {{ ref('baseline_tie') }} as ties
        inner join numbered as one
            on {{ normalise_company_number('ties.one_number') }} = one.number or ties.one_number = one.number
        inner join numbered as other
            on {{ normalise_company_number('ties.other_number') }} = other.number or ties.other_number = other.number
    ),

    ties as (
        select * from pairs
        union all
        select * from baseline
    ),

    earlier as (
        select
            ties.*,
            lag(achieved_on) over (partition by one_key, other_key order by achieved_on, fact_key nulls first) as earlier_on
        from ties
    )

    select
        fact_key,
        max(
            case
                when
                    earlier_on is null
                    or earlier_on < cast(
                        {{ dbt.dateadd(
                            'month',
                            '-cast(' ~ parameter('collaboration_lookback_months') ~ ' as integer)',
                            'achieved_on',
                        ) }} as date -- noqa: LT05
                    )
                    then 1
                else 0
            end
        ) = 1 as is_new
    from earlier
    where fact_key is not null
    group by fact_key
{% endmacro %}
