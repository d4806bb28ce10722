-- Which returned collaborations are one: the same agreement of one body, or two that agree in two of reference, purpose
-- and members. A reference alone joins nothing between bodies.
with recursive members as (
    select
        collaboration_key,
        {{ ordered_list('organisation_key') }} as member_list
    from {{ ref('int_collaboration__member') }}
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
