{#
    What says whether two rows under one reference name the same thing. An identifier decides where both rows have one;
    else a name, a word of it (`has_words`), or a day in common. `any`: one word in common is enough; `most`: more than half
    of the words of the shorter title. `within_organisation`: one workbook may name several things by the reference, each at an organisation
    of its own. `content`: what two rows of one workbook for one record must agree in.
#}
{%- set organisation_number -%}
    coalesce({{ normalise_company_number('company_number') }}, {{ normalise_charity_number('charity_number') }})
{%- endset -%}
{%- set streams = {
    'businesses': {
        'reference': 'business_ref',
        'identifier': organisation_number,
        'name': normalise_name('business_name'),
        'postcode': normalise_postcode('postcode'),
        'has_words': true,
        'display': 'business_name',
        'content': ['business_name', 'company_number', 'charity_number', 'postcode', 'website', 'organisation_type', 'cluster_tag', 'size_band', 'sole_trader'],
    },
    'jobs': {
        'reference': 'post_ref',
        'within_organisation': true,
        'identifier': normalise_company_number('company_number'),
        'name': normalise_name('business_name'),
        'postcode': normalise_postcode('postcode'),
        'has_words': true,
        'display': 'business_name',
        'content': ['contracted_hours', 'contract', 'expected_months', 'post_kind', 'started_on', 'filled', 'baseline_fte', 'follow_up_fte', 'follow_up_on', 'business_status', 'status', 'evidence'],
    },
    'leverage': {
        'reference': "agreement_ref || ':' || tranche",
        'part': 'stage',
        'within_organisation': true,
        'identifier': normalise_company_number('company_number'),
        'name': normalise_name('source_organisation'),
        'has_words': true,
        'display': 'source_organisation',
        'content': ['source_type', 'kind', 'amount_gbp', 'stage_reached_on', 'agreement_signed_on', 'intervention_ref', 'status', 'evidence'],
    },
    'interventions': {
        'reference': 'intervention_ref',
        'name': title_key('title'),
        'has_words': true,
        'words_needed': 'most',
        'day': 'coalesce(agreement_signed_on, new_funding_confirmed_on)',
        'content': ['title', 'intervention_type', 'origin_pilot_ref', 'cluster_tag', 'agreement_signed_on', 'award_gbp', 'status', 'new_funding_gbp', 'new_funding_source', 'new_funding_confirmed_on', 'pilot_completed', 'evidence'],
    },
    'collaborations': {
        'reference': 'collaboration_ref',
        'name': title_key('title'),
        'has_words': true,
        'words_needed': 'most',
        'day': 'agreed_on',
        'content': ['title', 'purpose', 'kind', 'agreement_ref', 'agreed_on', 'caused_by_programme', 'status', 'evidence'],
    },
    'events': {
        'reference': 'event_ref',
        'name': title_key('title'),
        'day': 'held_on',
        'content': ['platform', 'platform_event_id', 'title', 'held_on', 'ends_on', 'mode', 'venue_postcode', 'attribution', 'signed_in', 'sheet_holds', 'headcount', 'evidence'],
    },
} %}

-- noqa: disable=LT02
with
{%- for stream, kind in streams.items() %}
{{ stream }} as (
    select
        '{{ stream }}' as stream,
        partner_code,
        {{ reference_key(kind.reference) }} as reference_key,
        {{ kind.reference }} as reference_written,
        {{ kind.get('part', "''") }} as part,
        {{ kind.get('identifier', 'cast(null as varchar)') }} as identifier,
        {{ kind.name }} as name,
        {{ 'true' if kind.get('has_words') else 'false' }} as has_words,
        '{{ kind.get("words_needed", "any") }}' as words_needed,
        {{ kind.get('postcode', 'cast(null as varchar)') }} as postcode,
        {{ kind.get('day', "''") }} as day,
        {{ 'true' if kind.get('within_organisation') else 'false' }} as is_within_organisation,
        {{ kind.get('display', 'cast(null as varchar)') }} as display,
        lower(
            {%- for column in kind.content %}
            coalesce({{ column }}, '') || '|'{{ ' ||' if not loop.last }}
            {%- endfor %}
        ) as content,
        period_key,
        file_name,
        file_sha256,
        cast(row_number as integer) as row_number,
        source_place,
        _source_record as source_record
    from ({{ current_rows(stream) }}) as landed
),
{%- endfor %}

returned as (
    {%- for stream in streams %}
    select * from {{ stream }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    stream,
    partner_code,
    reference_key,
    reference_written,
    part,
    identifier,
    coalesce(name, '') as name,
    case when has_words then coalesce(name, '') else '' end as words,
    words_needed,
    postcode,
    coalesce(day, '') as day,
    is_within_organisation,
    display,
    content,
    period_key,
    file_name,
    file_sha256,
    row_number,
    source_place,
    source_record
from returned
