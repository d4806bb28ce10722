-- The last word of people on two organisations that stand apart, by whichever of their records it was said.
with words as ({{ last_words() }}),

placed as (
    select
        words.decision_number,
        words.decision,
        words.reason,
        words.decided_by_role,
        words.decided_on,
        least(one.organisation_key, other.organisation_key) as left_organisation_key,
        greatest(one.organisation_key, other.organisation_key) as right_organisation_key
    from words
    inner join {{ ref('int_organisation__resolved') }} as one
        on
            words.left_source_system = one.source_system
            and words.left_source_record_id = one.source_record_id
    inner join {{ ref('int_organisation__resolved') }} as other
        on
            words.right_source_system = other.source_system
            and words.right_source_record_id = other.source_record_id
    where one.organisation_key <> other.organisation_key
)

-- Whatever else is said of two organisations: once two of their records are different, they are.
select *
from (
    select
        placed.*,
        row_number() over (
            partition by left_organisation_key, right_organisation_key
            order by case when decision = 'different' then 0 else 1 end, decision_number desc
        ) as telling
    from placed
) as ranked
where telling = 1
