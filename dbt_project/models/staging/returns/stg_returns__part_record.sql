-- What is named within something else: a session is its business's, held in one quarter; a member is a number of its
-- collaboration. The row of that thing stands in the same workbook.
with sessions as (
    select
        'support_sessions' as stream,
        landed.partner_code,
        {{ reference_key('landed.session_ref') }} as reference_key,
        landed.session_ref as reference_written,
        businesses.record_ref || '|'
        || cast({{ dbt.date_trunc('quarter', typed('returns.support_sessions', 'supported_on', 'landed')) }} as varchar)
            as naming,
        businesses.record_ref as parent_ref,
        lower(
            landed.supported_on || '|' || landed.support_hours || '|' || landed.channel || '|' || landed.evidence
            || '|' || coalesce(landed.specific_advice, '') || '|' || businesses.record_ref
        ) as content,
        landed.period_key,
        landed.file_name,
        landed.file_sha256,
        cast(landed.row_number as integer) as row_number,
        landed.source_place,
        landed._source_record as source_record
    from ({{ current_rows('support_sessions') }}) as landed
    inner join {{ ref('stg_returns__record') }} as businesses
        on
            businesses.stream = 'businesses'
            and businesses.is_usable
            and landed.file_sha256 = businesses.file_sha256
            and {{ reference_key('landed.business_ref') }} = businesses.reference_key
),

members as (
    select
        'collaboration_members' as stream,
        landed.partner_code,
        {{ reference_key("collaborations.record_ref || ':' || landed.member_number") }} as reference_key,
        collaborations.record_ref || ':' || landed.member_number as reference_written,
        '' as naming,
        collaborations.record_ref as parent_ref,
        lower(
            coalesce(landed.organisation_name, '') || '|' || coalesce(landed.company_number, '')
            || '|' || coalesce(landed.charity_number, '') || '|' || coalesce(landed.postcode, '')
            || '|' || coalesce(landed.website, '') || '|' || coalesce(landed.organisation_type, '')
            || '|' || coalesce(landed.cluster_tag, '')
        ) as content,
        landed.period_key,
        landed.file_name,
        landed.file_sha256,
        cast(landed.row_number as integer) as row_number,
        landed.source_place,
        landed._source_record as source_record
    from ({{ current_rows('collaboration_members') }}) as landed
    inner join {{ ref('stg_returns__record') }} as collaborations
        on
            collaborations.stream = 'collaborations'
            and collaborations.is_usable
            and landed.file_sha256 = collaborations.file_sha256
            and {{ reference_key('landed.collaboration_ref') }} = collaborations.reference_key
),

parts as (
    select * from sessions
    union all
    select * from members
),

named as (
    select
        parts.*,
        '' as part,
        naming as name,
        false as is_within_organisation
    from parts
),

{{ name_records('named') }}
