{# How names and identifiers are compared. Sources: docs/contracts.md section 5, domain.md sections 2.1 and 8. #}

{#
    Lower case, "&" as and, "X t/a Y" as X, without punctuation, leading "the" and legal form. Null when nothing is left,
    and for `(withheld)`: two names of which nothing could be kept are not one name.
#}
{% macro normalise_name(name) -%}
    {%- set lowered = "replace(lower(trim(" ~ name ~ ")), '&', ' and ')" -%}
    {%- set own = regex_replace(lowered, '\\s(t/a|trading as)\\s.*$', '') -%}
    {%- set joined = regex_replace(own, "[''’.]", '') -%}
    {%- set words = regex_replace(joined, '[^a-z0-9]+', ' ') -%}
    {%- set bare = regex_replace("' ' || " ~ words ~ " || ' '",
        '(\\s(limited|ltd|plc|llp|lp|cic|cio|inc|incorporated|community interest company))+\\s+$', ' ') -%}
    nullif(nullif(trim({{ regex_replace(bare, '^\\s+the\\s', ' ') }}), ''), 'withheld')
{%- endmacro %}

{#
    8 characters: digits padded to 8, or two letters with digits padded to 6, or as registered (IP12345R; IP12345 lost its
    R). Null if not a number.
#}
{% macro normalise_company_number(number) -%}
    {%- set bare = regex_replace("upper(" ~ number ~ ")", '[^A-Z0-9]', '') -%}
    case
        when {{ regex_match(bare, '^0*$') }} then null
        when {{ regex_match(bare, '^[0-9]{5,8}$') }} then lpad({{ bare }}, 8, '0')
        when {{ regex_match(bare, '^IP[0-9]{5}$') }} then {{ bare }} || 'R'
        when {{ regex_match(bare, '^[A-Z]{2}[0-9]{4,6}$') }}
            then substr({{ bare }}, 1, 2) || lpad(substr({{ bare }}, 3), 6, '0')
        when {{ regex_match(bare, '^[A-Z]{2}[0-9]{5}[A-Z]$') }} then {{ bare }}
    end
{%- endmacro %}

{# Register number: digits for England and Wales, with SC or NIC before it for the other registers. Null if not a number. #}
{% macro normalise_charity_number(number) -%}
    {%- set bare = regex_replace("upper(" ~ number ~ ")", '[^A-Z0-9]', '') -%}
    case when {{ regex_match(bare, '^(SC|NIC)?[0-9]{5,7}$') }} then {{ bare }} end
{%- endmacro %}

{# Upper case with one space before the last three; null when it has not the shape of a postcode. #}
{% macro normalise_postcode(postcode) -%}
    {%- set bare = regex_replace("upper(" ~ postcode ~ ")", '[^A-Z0-9]', '') -%}
    case
        when {{ regex_match(bare, '^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$') }}
            then substr({{ bare }}, 1, length({{ bare }}) - 3) || ' ' || substr({{ bare }}, length({{ bare }}) - 2)
    end
{%- endmacro %}

{# Host of a web address or the domain of an e-mail, without scheme, www and path; null when there is no dot in it. #}
{% macro normalise_domain(address) -%}
    {%- set host = regex_replace("lower(trim(" ~ address ~ "))", '^[a-z]+://', '') -%}
    {%- set bare = regex_replace(regex_replace(host, '^www[.]', ''), '[/:?#].*$', '') -%}
    case when {{ regex_match(bare, '^[a-z0-9-]+([.][a-z0-9-]+)+$') }} then {{ bare }} end
{%- endmacro %}
