{# How references of awards are compared: upper case, without blanks, and without the publisher that the 360Giving standard puts before them. #}
{% macro grant_reference(reference) -%}
    {{ regex_replace(regex_replace("upper(" ~ reference ~ ")", '[^A-Z0-9/._-]+', ''), '^360G-[A-Z0-9]+-', '') }}
{%- endmacro %}
