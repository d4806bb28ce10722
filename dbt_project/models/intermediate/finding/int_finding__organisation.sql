-- Names that are too long to be one, and decisions of people that cannot all be true.
with recursive words as (
    select
        decision_number,
        decision,
        left_source_system || ' ' || left_source_record_id as one,
        right_source_system || ' ' || right_source_record_id as other
    from ({{ last_words() }}) as decisions
),

joined as (
    select one, other from words
    where decision = 'same'
    union
    select other as one, one as other from words
    where decision = 'same'
),

-- Records that decisions make one with a record that is decided to be different of another.
reached as (
    select
        words.decision_number,
        words.other as wanted,
        words.one as record
    from words
    where words.decision = 'different'
    union
    select
        reached.decision_number,
        reached.wanted,
        joined.other as record
    from reached
    inner join joined
        on reached.record = joined.one
)

select
    'registry' as source,
    'organisation_decision' as stream,
    'decision ' || cast(decision_number as {{ dbt.type_string() }}) as place,
    cast(null as {{ dbt.type_string() }}) as cell,
    'decisions_contradict' as rule,
    'warning' as severity,
    'two records are decided to be different that other decisions make one: none of the decisions that hang together '
    || 'here has an effect, and their pairs wait for people again' as message,
    cast(null as {{ dbt.type_string() }}) as partner_code
from reached
where record = wanted
union all
select
    source_system as source,
    'organisations' as stream,
    source_record_id as place,
    cast(null as {{ dbt.type_string() }}) as cell,
    'name_too_long' as rule,
    'warning' as severity,
    'the name has ' || cast(length(name) as {{ dbt.type_string() }})
    || ' letters: it is compared by its first {{ longest_name() | trim }}' as message,
    cast(null as {{ dbt.type_string() }}) as partner_code
from {{ ref('int_organisation__record') }}
where length(name) > {{ longest_name() }}
