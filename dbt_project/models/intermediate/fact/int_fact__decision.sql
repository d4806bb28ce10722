-- The decisions of the verification register, each with the record of a return that it decides. A reference that names
-- several records decides the one that was current on the day of the decision: from the day the quarter that named it
-- was first handed in, to the day a later quarter named something else by it, both included. One that fits several
-- decides none. What is no reference of a return (an id of a CRM) is left as it stands.
with decisions as (
    select
        verification.*,
        {{ reference_key('verification.source_ref') }} as reference_key,
        indicator.returned_in as stream
    from {{ ref('stg_registers__verification') }} as verification
    left join {{ ref('indicator') }} as indicator
        on verification.indicator_key = indicator.indicator_key
),

handed_in as (
    select
        partner_code,
        period_key,
        min(submitted_on) as submitted_on
    from {{ ref('stg_returns__submissions') }}
    group by partner_code, period_key
),

quarters as (
    select distinct
        records.stream,
        records.partner_code,
        records.reference_key,
        records.period_key,
        handed_in.submitted_on
    from {{ ref('stg_returns__record') }} as records
    inner join handed_in
        on records.partner_code = handed_in.partner_code and records.period_key = handed_in.period_key
),

spans as (
    select
        quarters.*,
        row_number() over (
            partition by stream, partner_code, reference_key order by period_key
        ) = 1 as is_first,
        lead(submitted_on) over (
            partition by stream, partner_code, reference_key order by period_key
        ) as followed_on
    from quarters
),

records as (
    select distinct
        records.stream,
        records.partner_code,
        records.reference_key,
        {{ reference_key('records.record_ref') }} as record_key,
        records.record_ref,
        records.naming_place,
        case when spans.is_first then null else spans.submitted_on end as current_from,
        spans.followed_on as current_to
    from {{ ref('stg_returns__record') }} as records
    inner join spans
        on
            records.stream = spans.stream
            and records.partner_code = spans.partner_code
            and records.reference_key = spans.reference_key
            and records.period_key = spans.period_key
    where records.is_usable
),

named_once as (
    select
        stream,
        partner_code,
        reference_key,
        max(naming_place) as naming_count
    from records
    group by stream, partner_code, reference_key
),

candidates as (
    select distinct
        decisions.indicator_key,
        decisions.partner_code,
        decisions.source_ref,
        records.record_ref
    from decisions
    inner join records
        on
            decisions.stream = records.stream
            and decisions.partner_code = records.partner_code
            and (decisions.reference_key = records.reference_key or decisions.reference_key = records.record_key)
    inner join named_once
        on
            records.stream = named_once.stream
            and records.partner_code = named_once.partner_code
            and records.reference_key = named_once.reference_key
    where
        named_once.naming_count = 1
        -- Written with the quarter that named it, it is no other.
        or decisions.reference_key <> records.reference_key
        or (
            coalesce(decisions.decided_on >= records.current_from, true)
            and coalesce(decisions.decided_on <= records.current_to, true)
        )
),

fitting as (
    select
        indicator_key,
        partner_code,
        source_ref,
        count(*) as record_count,
        min(record_ref) as record_ref,
        {{ ordered_list('record_ref') }} as record_refs
    from candidates
    group by indicator_key, partner_code, source_ref
),

placed as (
    select
        decisions.indicator_key,
        decisions.partner_code,
        decisions.source_ref as written_ref,
        coalesce(fitting.record_ref, decisions.source_ref) as source_ref,
        coalesce(fitting.record_count, 0) as record_count,
        fitting.record_refs,
        decisions.decision,
        decisions.evidence_grade,
        decisions.decided_on,
        decisions.source_place
    from decisions
    left join fitting
        on
            decisions.indicator_key = fitting.indicator_key
            and decisions.partner_code = fitting.partner_code
            and decisions.source_ref = fitting.source_ref
)

-- Of two rows for one record, written differently, the later decision stands.
select
    placed.*,
    record_count <= 1 and row_number() over (
        partition by indicator_key, partner_code, source_ref, case when record_count > 1 then written_ref end
        order by decided_on desc, written_ref asc
    ) = 1 as is_decisive
from placed
