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
