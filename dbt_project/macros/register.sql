{# How the registers write codes and statuses. #}

{# The five digits of a SIC text (`62090 - Other information …`, or the digits alone). Null when there are none. #}
{% macro sic_code(sic_text) -%}
    {%- set bare = regex_replace("trim(" ~ sic_text ~ ")", '[^0-9].*$', '') -%}
    case when {{ regex_match(bare, '^[0-9]{4,5}$') }} then lpad({{ bare }}, 5, '0') end
{%- endmacro %}

{#
    Version of the SIC that a company's activities are of: 2026 where their text says so, else 2007, which Companies House
    uses. UK SIC 2026 is final since April 2026 and first used in National Accounts in 2031 (ONS, UK SIC 2026 guidance).
#}
{% macro sic_version(sic_texts) -%}
    case when {{ regex_match("concat_ws(' ', " ~ sic_texts | join(', ') ~ ")", 'SIC *2026|[(]2026[)]') }} then '2026' else '2007' end
{%- endmacro %}

{# Lower case, words joined by `_`: the bulk file and the look-up spell the same status differently. #}
{% macro register_slug(label) -%}
    {{ regex_replace("lower(trim(" ~ label ~ "))", '[^a-z0-9]+', '_') }}
{%- endmacro %}

{# Whether a postcode of the directory has no grid reference: quality 9, or the latitude that stands for none. #}
{% macro has_no_grid(relation) -%}
    (coalesce({{ relation }}.grid_quality, '') = '9' or coalesce({{ relation }}.latitude, '') like '99.99%')
{%- endmacro %}

{# The number of a charity as it is compared, from that of its register: England and Wales, Scotland (SC), Northern Ireland (NIC). #}
{% macro registered_charity_number(register, number) -%}
    case
        when {{ register }} = 'GB-NIC' then {{ normalise_northern_irish_charity(number) }}
        else {{ normalise_charity_number(number) }}
    end
{%- endmacro %}

{#
    The company that a register says a charity is. Northern Ireland leaves the prefix of its numbers out, and writes 0 and
    999999 for none.
#}
{% macro company_number_of_charity(register, number) -%}
    case
        when {{ register }} = 'GB-NIC' and {{ regex_match(number, '^0*(999999)?$') }} then null
        when {{ register }} = 'GB-NIC' and {{ regex_match(number, '^[0-9]{1,6}$') }} then 'NI' || lpad({{ number }}, 6, '0')
        else {{ normalise_company_number(number) }}
    end
{%- endmacro %}
