{%- set own_claimed_on = ['int_fact__businesses_assisted'] -%}

-- The facts of every indicator. Two of one key are a fault of what was sent, or of a model: they are told of and do
-- not count. What is claimed is of the day it was achieved, but where an indicator says otherwise.
-- noqa: disable=LT02
with facts as (
    {%- for indicator in union_members('int_fact__') %}
    select
        indicator_key,
        fact_key,
        unit_key,
        achieved_on,
        {{ 'claimed_on' if indicator in own_claimed_on else 'achieved_on as claimed_on' }},
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
    from {{ ref(indicator) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
-- noqa: enable=LT02

select
    facts.*,
    count(*) over (partition by fact_key) as key_count
from facts
