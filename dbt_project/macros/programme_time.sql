{# Instants and days of the programme: an instant falls on the day it is where the programme is, whoever wrote it. #}

{# The programme's time zone, as `ingestion.instants` reads it. #}
{% macro programme_time_zone() -%}
    '{{ env_var("WMIP_TIME_ZONE", "Europe/London") }}'
{%- endmacro %}

{# The programme's day of an instant that is typed as one. #}
{% macro programme_day(instant) -%}
    {{ local_date(instant, programme_time_zone()) }}
{%- endmacro %}

{#
    The instant of an ISO 8601 text, seconds or not; its offset counts, without one it is UTC. Null for what is none.
    Never cast such a text to `timestamp`: that drops the offset.
#}
{% macro instant(text) -%}
    {%- set to_the_minute = regex_match(text, '^[0-9-]{10}[T ][0-9]{2}:[0-9]{2}(Z|[+-].*)?$') -%}
    {%- set with_seconds = "case when " ~ to_the_minute ~ " then substr(" ~ text ~ ", 1, 16) || ':00' || substr(" ~ text ~ ", 17) else " ~ text ~ " end" -%}
    {{ dbt.safe_cast(with_seconds, 'timestamptz') }}
{%- endmacro %}

{#
    The programme's day of a text: of an instant with its offset the day there; of a date, or of a time without an
    offset, the date as it stands. Null for what is neither.
#}
{% macro programme_date(text) -%}
    case
        when {{ regex_match(text, ':[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$') }}
            then {{ programme_day(instant(text)) }}
        else {{ dbt.safe_cast('substr(trim(' ~ text ~ '), 1, 10)', 'date') }}
    end
{%- endmacro %}
