-- The programme's own grants as support, whatever source tells of them. Grain: grant and recipient.
with awarded as (
    select
        grant_award_key,
        source_system,
        recipient_ref,
        organisation_key,
        recipient_postcode,
        awarded_on,
        amount_gbp,
        recipients,
        regrant_type,
        source_record,
        source_place
    from {{ ref('int_grant__award') }}
    where
        is_programme_grant
        and amount_gbp is not null
        and status = 'awarded'
        and gave_way_to is null
),

-- Whoever shares a grant is its recipient too; what it had of it nobody states.
received as (
    select * from awarded
    union all
    select
        further.organisation_record_id as grant_award_key,
        awarded.source_system,
        coalesce(further.recipient_id, further.organisation_record_id) as recipient_ref,
        resolved.organisation_key,
        resolved.postcode as recipient_postcode,
        awarded.awarded_on,
        awarded.amount_gbp,
        awarded.recipients,
        awarded.regrant_type,
        awarded.source_record,
        awarded.source_place
    from awarded
    inner join {{ ref('stg_threesixtygiving__further_recipients') }} as further
        on awarded.grant_award_key = further.grant_id
    inner join {{ ref('int_organisation__resolved') }} as resolved
        on
            resolved.source_system = 'threesixtygiving'
            and further.organisation_record_id = resolved.source_record_id
    where awarded.source_system = 'threesixtygiving'
),

awards as (
    select
        grants.*,
        case
            when
                min(grants.organisation_key) over (partition by grants.source_system, grants.recipient_ref)
                <> max(grants.organisation_key) over (partition by grants.source_system, grants.recipient_ref)
                then ':' || grants.organisation_key
            else ''
        end as told_apart_by
    from received as grants
    where grants.organisation_key is not null
),

daily as (
    select
        awards.*,
        sum(case when recipients > 1 or regrant_type is not null then 0 else amount_gbp end) over (
            partition by organisation_key, awarded_on, source_system
        ) as gbp_of_day
    from awards
),

-- As with sessions: what two systems tell of one recipient on one day is one award; the larger one stands.
compared as (
    select
        daily.*,
        first_value(source_system) over (
            partition by organisation_key, awarded_on order by gbp_of_day desc, source_system asc
        ) as system_of_day
    from daily
)

select
    grant_award_key,
    source_system || ':' || recipient_ref || told_apart_by as fact_ref,
    organisation_key,
    recipient_postcode,
    awarded_on,
    amount_gbp,
    recipient_ref,
    source_system,
    source_record,
    source_place,
    -- The standard states no shares: of a grant to several, no recipient is known to have had any sum.
    case
        when recipients > 1 then 'no_stated_share'
        -- Nor is what is to be granted again the recipient's.
        when regrant_type is not null then 'to_be_granted_again'
        when source_system <> system_of_day then 'same_day_in_another_system'
    end as not_counted_reason
from compared
