{%- set names = ['indicator_key', 'unit_key', 'exact_unit', 'exact_per_unit', 'source_system', 'source_record_id',
    'source_place', 'source_ref'] -%}
{%- set sides = restated_sides() -%}

-- noqa: disable=LT02
-- What stands between the figures as they are reported and as they are known. What an exception in force lets in is
-- approved already (`is_excepted`) and stands between nothing.
with different as (
    select
        differences.fact_key,
        {%- for name in names %}
        differences.{{ name }},
        {%- endfor %}
        {%- for side in sides %}
        differences.old_{{ side }},
        differences.new_{{ side }},
        {%- endfor %}
        differences.change,
        differences.not_counted_reason,
        differences.is_known,
        cast(null as varchar) as follows_fact_key,
        excepted.fact_key is not null as is_excepted,
        excepted.approved_by_role,
        excepted.reason,
        -- Of the verified leg if that changes; what was locked before what would be.
        case
            when differences.is_verified_changed and differences.holds_verified then differences.old_period_key
            when differences.is_verified_changed then differences.new_period_key
            when differences.holds_claimed then differences.old_claimed_period_key
            else differences.new_claimed_period_key
        end as restated_period_key,
        case
            when differences.holds_verified or (differences.is_claimed_changed and differences.holds_claimed)
                then {{ locked_body('differences.old_partner_key') }}
            else {{ locked_body('differences.new_partner_key') }}
        end as restated_partner_key
    from {{ ref('int_lock__difference') }} as differences
    left join {{ ref('int_lock__excepted') }} as excepted
        on differences.fact_key = excepted.fact_key
    union all
    select
        known.fact_key,
        {%- for name in names %}
        known.{{ name }},
        {%- endfor %}
        {%- for side in sides %}
        {{ 'credit.allowed_quantity' if side == 'exact_quantity' else 'known.' ~ side }} as old_{{ side }},
        known.{{ side }} as new_{{ side }},
        {%- endfor %}
        'credit_held' as change,
        known.not_counted_reason,
        true as is_known,
        credit.follows_fact_key,
        false as is_excepted,
        cast(null as varchar) as approved_by_role,
        cast(null as varchar) as reason,
        known.period_key as restated_period_key,
        {{ locked_body('known.partner_key') }} as restated_partner_key
    from {{ ref('int_lock__credit') }} as credit
    inner join {{ ref('int_fact__known') }} as known
        on credit.fact_key = known.fact_key
)

select
    {{ restatement_key() }} as restatement_key,
    different.*
from different
