-- What only shows when the rows of a reference are put side by side.
with records as (
    select
        stream,
        partner_code,
        reference,
        record_ref,
        reference_key,
        naming,
        naming_place,
        period_key,
        row_number,
        part,
        file_name,
        source_place,
        display,
        day,
        is_within_organisation,
        is_consistent,
        copy_number,
        file_sha256
    from {{ ref('stg_returns__record') }}
    union all
    select
        stream,
        partner_code,
        reference,
        record_ref,
        reference_key,
        cast(null as bigint) as naming,
        naming_place,
        period_key,
        row_number,
        part,
        file_name,
        source_place,
        cast(null as varchar) as display,
        '' as day,
        is_within_organisation,
        is_consistent,
        copy_number,
        file_sha256
    from {{ ref('stg_returns__part_record') }}
),

namings as (
    select
        records.*,
        row_number() over (
            partition by stream, partner_code, record_ref order by period_key, row_number
        ) as naming_row
    from records
),

-- What the reference named before: the naming placed before this one.
reassigned as (
    select
        now_named.stream,
        now_named.source_place as place,
        now_named.partner_code,
        now_named.reference || ' was '
        || coalesce(
            before.display,
            case when before.day <> '' then 'that of ' || before.day end,
            case when before.stream = 'support_sessions' then 'a session of another business or quarter' end,
            'something else'
        )
        || ' in ' || before.period_key || ': both stand as records of their own, this one as '
        || now_named.record_ref
        || '. If one of them is a slip, hand in its quarter again, corrected' as message
    from namings as now_named
    inner join namings as before
        on
            now_named.stream = before.stream
            and now_named.partner_code = before.partner_code
            and now_named.reference_key = before.reference_key
            and now_named.naming_place = before.naming_place + 1
            and before.naming_row = 1
    where now_named.naming_row = 1 and not now_named.is_within_organisation
),

-- In one workbook.
first_copies as (
    select
        copies.*,
        min(row_number) over (
            partition by file_sha256, stream, reference_key, part, case when is_within_organisation then naming end
        ) as first_row,
        max(row_number) over (
            partition by file_sha256, stream, reference_key, part, case when is_within_organisation then naming end
        ) as last_row
    from records as copies
),

repeated as (
    select
        first_copies.stream,
        first_copies.source_place as place,
        first_copies.partner_code,
        first_copies.reference || ' stands more than once in this workbook (row ' || cast(first_row as varchar)
        || ' and row ' || cast(last_row as varchar) || ') ' as said,
        is_consistent,
        copy_number
    from first_copies
    -- What the reader said of it already is not said again.
    left join {{ ref('stg_findings__rows') }} as noted
        on first_copies.source_place = noted.place and noted.rule = 'row_repeated'
    where
        first_row <> last_row
        and (copy_number > 1 or not is_consistent)
        and noted.place is null
)

select
    'returns' as source,
    stream,
    place,
    cast(null as varchar) as cell,
    'reference_reassigned' as rule,
    'warning' as severity,
    message,
    partner_code
from reassigned
union all
select
    'returns' as source,
    stream,
    place,
    cast(null as varchar) as cell,
    case when is_consistent then 'row_repeated' else 'reference_contradicted' end as rule,
    case when is_consistent then 'note' else 'error' end as severity,
    said || case
        when is_consistent then 'with the same content: it counts once'
        else 'for different things: none of them counts until the workbook is handed in again with a reference each'
    end as message,
    partner_code
from repeated
