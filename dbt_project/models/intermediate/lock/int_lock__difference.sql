{%- set legs = {'verified': 'period_key', 'claimed': 'claimed_period_key'} -%}
{%- set sides = ['achieved_on', 'period_key', 'claimed_on', 'claimed_period_key', 'partner_key', 'organisation_key',
    'cluster_key', 'local_authority_code'] -%}
{%- set names = ['indicator_key', 'unit_key', 'exact_unit', 'exact_per_unit', 'source_system', 'source_record_id',
    'source_place', 'source_ref'] -%}
{%- set old_quantity -%}
    cast(
            case
                when holds_verified then held_verified
                when is_verified_locked or not is_held or not is_known then 0
                when held_partner_key is distinct from known_partner_key then 0
                when held_claimed_period_key <= known_period_key then least(known_verified, held_claimed)
                else 0
            end as decimal(18, 4)
        )
{%- endset -%}

-- noqa: disable=LT02
-- Facts that are not as a lock holds them: late, gone, moved, or of another amount. Without a lock there is none.
with legs_locked as (
    select
        known.fact_key,
        verified_quarter.lock_key is not null as is_verified_locked,
        claimed_quarter.lock_key is not null as is_claimed_locked
    from {{ ref('int_fact__known') }} as known
    left join {{ ref('int_lock__quarter') }} as verified_quarter
        on
            {{ locked_body('known.partner_key') }} = verified_quarter.partner_key
            and known.period_key = verified_quarter.period_key
            and known.verified_amount <> 0
    left join {{ ref('int_lock__quarter') }} as claimed_quarter
        on
            {{ locked_body('known.partner_key') }} = claimed_quarter.partner_key
            and known.claimed_period_key = claimed_quarter.period_key
            and known.claimed_amount <> 0
    where verified_quarter.lock_key is not null or claimed_quarter.lock_key is not null
),

touched as (
    select fact_key from legs_locked
    union
    select fact_key from {{ ref('int_lock__fact') }}
),

compared as (
    select
        touched.fact_key,
        known.fact_key is not null as is_known,
        held.fact_key is not null as is_held,
        {%- for name in names %}
        coalesce(known.{{ name }}, held.{{ name }}) as {{ name }},
        {%- endfor %}
        {%- for side in sides %}
        held.{{ side }} as held_{{ side }},
        known.{{ side }} as known_{{ side }},
        {%- endfor %}
        held.status as held_status,
        known.status as known_status,
        held.evidence_grade as held_evidence_grade,
        known.evidence_grade as known_evidence_grade,
        known.not_counted_reason,
        {%- for leg in legs %}
        coalesce(held.holds_{{ leg }}, false) as holds_{{ leg }},
        case when held.holds_{{ leg }} then held.{{ leg }}_amount else 0 end as held_{{ leg }},
        coalesce(known.{{ leg }}_amount, 0) as known_{{ leg }},
        coalesce(legs_locked.is_{{ leg }}_locked, false) as is_{{ leg }}_locked
        {{- ',' if not loop.last }}
        {%- endfor %}
    from touched
    left join {{ ref('int_lock__fact') }} as held
        on touched.fact_key = held.fact_key
    left join {{ ref('int_fact__known') }} as known
        on touched.fact_key = known.fact_key
    left join legs_locked
        on touched.fact_key = legs_locked.fact_key
),

differing as (
    select
        compared.*
        {%- for leg, period in legs.items() %},
        case
            when not holds_{{ leg }} then is_{{ leg }}_locked
            when held_{{ leg }} <> known_{{ leg }} then true
            when held_{{ leg }} = 0 then false
            else
                (held_{{ period }} is distinct from known_{{ period }})
                or (held_partner_key is distinct from known_partner_key)
                or (held_cluster_key is distinct from known_cluster_key)
                or (held_local_authority_code is distinct from known_local_authority_code)
        end as is_{{ leg }}_changed
        {%- endfor %}
    from compared
),

-- A fact whose claim waits counts no more than the claim that is held: no figure is more than what was claimed.
changed as (
    select
        fact_key,
        is_known,
        {%- for name in names %}
        {{ name }},
        {%- endfor %}
        -- Each side of the verified leg stands where it counts; the claimed leg and what both share stand as they are
        -- held.
        {%- for side in ['achieved_on', 'period_key'] %}
        case when holds_verified or not is_known then held_{{ side }} else known_{{ side }} end as old_{{ side }},
        {%- endfor %}
        {%- for side in sides if side not in ['achieved_on', 'period_key'] %}
        case when is_held then held_{{ side }} else known_{{ side }} end as old_{{ side }},
        {%- endfor %}
        {%- for side in sides %}
        case when is_known then known_{{ side }} else held_{{ side }} end as new_{{ side }},
        {%- endfor %}
        {{ old_quantity }} as old_exact_quantity,
        cast(case when is_claimed_changed then held_claimed else known_claimed end as decimal(18, 4))
            as old_exact_claimed_quantity,
        cast(known_verified as decimal(18, 4)) as new_exact_quantity,
        cast(known_claimed as decimal(18, 4)) as new_exact_claimed_quantity,
        case
            when {{ old_quantity }} <> 0 then 'verified'
            when is_claimed_changed then coalesce(held_status, known_status)
            else coalesce(known_status, held_status)
        end as old_status,
        coalesce(known_status, 'withdrawn') as new_status,
        case when holds_verified then held_evidence_grade else coalesce(known_evidence_grade, held_evidence_grade) end
            as old_evidence_grade,
        coalesce(known_evidence_grade, held_evidence_grade) as new_evidence_grade,
        not_counted_reason,
        is_verified_changed,
        is_claimed_changed,
        holds_verified,
        holds_claimed,
        is_verified_locked,
        is_claimed_locked
    from differing
    where is_verified_changed or is_claimed_changed
),

named as (
    select
        changed.*,
        case
            when not is_known then 'gone'
            when old_exact_quantity = 0 and old_exact_claimed_quantity = 0 then 'late'
            when
                old_exact_quantity <> new_exact_quantity or old_exact_claimed_quantity <> new_exact_claimed_quantity
                then 'amount'
            else 'moved'
        end as change
    from changed
)

select
    {{ restatement_key() }} as restatement_key,
    named.*
from named
