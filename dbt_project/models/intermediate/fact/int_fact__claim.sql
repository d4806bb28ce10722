{%- set claims = [
    'int_claim__pilots_funded', 'int_claim__interventions_scaled', 'int_claim__new_collaborations',
    'int_claim__businesses_assisted', 'int_claim__jobs_created', 'int_claim__event_attendees', 'int_claim__leverage',
    'int_claim__supplementary',
] -%}

-- The claims of every indicator. Two of one key are a fault of what was sent, or of a model: they are told of and do
-- not count.
-- noqa: disable=LT02
with claims as (
    {%- for claim in claims %}
    select
        indicator_key,
        fact_key,
        unit_key,
        achieved_on,
        partner_key,
        organisation_key,
        cluster_key,
        local_authority_code,
        eligible_quantity,
        claimed_quantity,
        is_withdrawn,
        evidence,
        ineligible_reason,
        source_ref,
        source_system,
        source_record_id,
        source_place
    from {{ ref(claim) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
-- noqa: enable=LT02

select
    claims.*,
    count(*) over (partition by fact_key) as key_count
from claims
