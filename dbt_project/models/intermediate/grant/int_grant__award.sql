-- One award, one source: of the sources that name an award by funder and reference, that of the least rank stands, the
-- others give way. A source of grants has a model of its own in `award/`.
-- noqa: disable=LT02

with united as (
    {%- for member in union_members('int_grant__award_') %}
    select * from {{ ref(member) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),
-- noqa: enable=LT02

grants as (
    select
        *,
        cast(source_rank as varchar) || ' ' || coalesce(grant_system, '') as standing
    from united
),

compared as (
    select
        grants.*,
        lower(grants.funding_org_id) as funder_id,
        nullif(
            trim(coalesce({{ whole_words('known.funder') }}, {{ whole_words('grants.funding_org_name') }})), ''
        ) as funder_name,
        nullif({{ grant_reference('grants.award_reference') }}, '') as reference
    from grants
    left join {{ ref('grant_funder') }} as known
        on {{ whole_words('grants.funding_org_name') }} = {{ whole_words('known.name') }}
),

-- A funder has one identifier and may have several names; a source may give either.
identified as (
    select
        funder_id,
        min(funder_name) as funder
    from compared
    where funder_id is not null
    group by funder_id
),

named as (
    select
        compared.funder_name,
        min(identified.funder) as funder
    from compared
    inner join identified
        on compared.funder_id = identified.funder_id
    where compared.funder_name is not null
    group by compared.funder_name
),

keyed as (
    select
        compared.*,
        coalesce(identified.funder, named.funder, compared.funder_name, compared.funder_id) || '|' || compared.reference
            as award_key
    from compared
    left join identified
        on compared.funder_id = identified.funder_id
    left join named
        on compared.funder_name = named.funder_name
),

ranked as (
    select
        keyed.*,
        first_value(grant_award_key) over award as first_award_key,
        first_value(standing) over award as first_standing,
        max(case when is_programme_grant then 1 else 0 end) over (
            partition by coalesce(award_key, grant_award_key)
        ) = 1 as is_award_of_programme
    from keyed
    window award as (
        partition by coalesce(award_key, grant_award_key) order by standing, grant_award_key
        rows between unbounded preceding and current row
    )
)

select
    ranked.source_system,
    ranked.organisation_record_id,
    ranked.grant_award_key,
    ranked.grant_id,
    ranked.award_key,
    ranked.grant_system,
    ranked.recipient_ref,
    ranked.title,
    ranked.awarded_on,
    ranked.amount_awarded,
    ranked.currency,
    ranked.funding_org_id,
    ranked.funding_org_name,
    ranked.programme_title,
    ranked.is_individual,
    ranked.is_award_of_programme as is_programme_grant,
    ranked.recipients,
    ranked.status,
    ranked.regrant_type,
    case when ranked.standing > ranked.first_standing then ranked.first_award_key end as gave_way_to,
    ranked.beneficiary_geo_code,
    ranked.file_name,
    ranked.source_record,
    ranked.source_place,
    resolved.organisation_key,
    resolved.postcode as recipient_postcode,
    case when ranked.currency = 'GBP' then ranked.amount_awarded end as amount_gbp
from ranked
left join {{ ref('int_organisation__resolved') }} as resolved
    on ranked.source_system = resolved.source_system and ranked.organisation_record_id = resolved.source_record_id
