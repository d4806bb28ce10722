{#
    The select list of an organisation-bearing record, the same for every source: what a source does not give is null.
    `given` maps an attribute to the source's expression for it. Grain: whatever the select stands on, one row a record.
#}
{% macro organisation_record_columns(source_system, source_record_id, given) -%}
    {%- set attributes = [
        'name', 'company_number', 'charity_number', 'register_identifier', 'publisher_identifier', 'postcode', 'domain',
        'organisation_type', 'cluster_tag', 'size_band', 'recorded_at', 'same_as_record_id',
    ] -%}
    {%- for name in given if name not in attributes -%}
        {{ exceptions.raise_compiler_error("organisation records have no attribute " ~ name) }}
    {%- endfor -%}
    '{{ source_system }}' as source_system,
    {{ source_record_id }} as source_record_id,
    {%- for attribute in attributes %}
    cast({{ given.get(attribute, 'null') }} as varchar) as {{ attribute }}{% if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}

{# What the numbers of a recipient of grants say that it is; null without one. #}
{% macro numbered_organisation_type() -%}
    case when charity_number is not null then 'third_sector' when company_number is not null then 'business' end
{%- endmacro %}

{#
    Whether a name ends in the legal form of a company or partnership, and has no word of those that are often charities
    or public bodies: what nobody says otherwise of is a business then.
#}
{% macro names_a_business(name) -%}
    {%- set lowered = "lower(trim(" ~ name ~ "))" -%}
    {{ regex_match(lowered, '[ ,](limited|ltd|llp|plc)[.]?$') }}
    and not {{ regex_match(lowered, '(^|[^a-z])(trust|foundation|charit[a-z]*|church|community|association|society|club|council|university|college|school|academy|nhs|hospice|museum|housing|cic|cio)([^a-z]|$)') }}
{%- endmacro %}

{# The last word of people on two records: same, different or unsure. Grain: pair of records. #}
{% macro last_words() %}
    select *
    from (
        select
            decisions.*,
            row_number() over (
                partition by
                    left_source_system, left_source_record_id, right_source_system, right_source_record_id
                order by decision_number desc
            ) as recency
        from {{ source('identity', 'organisation_decision') }} as decisions
    ) as ranked
    where recency = 1
{% endmacro %}
