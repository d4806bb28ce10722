-- Pairs of organisations that wait for people, each with the strongest of the links that hold them together.
with links as (
    select
        links.*,
        least(left_organisation_key, right_organisation_key) as one_key,
        greatest(left_organisation_key, right_organisation_key) as other_key
    from {{ ref('int_organisation__link') }} as links
    where state in ('review', 'weak') and left_organisation_key <> right_organisation_key
),

ranked as (
    select
        links.*,
        count(*) over (partition by one_key, other_key) as link_count,
        row_number() over (
            partition by one_key, other_key
            order by
                coalesce(match_probability, 0) desc,
                match_method asc,
                left_source_system asc,
                left_source_record_id asc,
                right_source_system asc,
                right_source_record_id asc
        ) as strength
    from links
)

-- The sides of the pair are those of its records.
select
    ranked.left_organisation_key,
    ranked.right_organisation_key,
    ranked.one_key || '|' || ranked.other_key as pair_key,
    ranked.left_source_system,
    ranked.left_source_record_id,
    ranked.right_source_system,
    ranked.right_source_record_id,
    ranked.match_method,
    ranked.match_probability,
    ranked.evidence,
    ranked.state,
    ranked.link_count,
    decisions.decided_on as looked_at_on,
    decisions.decided_by_role as looked_at_by_role,
    decisions.reason as looked_at_reason
from ranked
left join {{ ref('int_organisation__decision') }} as decisions
    on ranked.one_key = decisions.left_organisation_key and ranked.other_key = decisions.right_organisation_key
where ranked.strength = 1 and coalesce(decisions.decision, 'unsure') = 'unsure'
