{# Dates and times that engines spell differently. #}

{# The clock of this build: an injected ISO instant, else now. Nothing else in the project reads the time. #}
{% macro as_of() -%}
    cast('{{ env_var("WMIP_CLOCK", modules.datetime.datetime.now(modules.pytz.utc).strftime("%Y-%m-%dT%H:%M:%SZ")) }}' as timestamp)
{%- endmacro %}

{% macro date_from_parts(year, month, day) -%}
    {{ return(adapter.dispatch('date_from_parts')(year, month, day)) }}
{%- endmacro %}

{% macro duckdb__date_from_parts(year, month, day) -%}
    make_date({{ year }}, {{ month }}, {{ day }})
{%- endmacro %}

{% macro spark__date_from_parts(year, month, day) -%}
    make_date({{ year }}, {{ month }}, {{ day }})
{%- endmacro %}

{# Numbers from `first` to `last`, both included, in a column `n`. #}
{% macro integers(first, last) -%}
    {{ return(adapter.dispatch('integers')(first, last)) }}
{%- endmacro %}

{% macro duckdb__integers(first, last) -%}
    select cast(range as integer) as n from range({{ first }}, {{ last }} + 1)
{%- endmacro %}

{% macro spark__integers(first, last) -%}
    select cast(id as int) as n from range({{ first }}, {{ last }} + 1)
{%- endmacro %}

{# The calendar date of an instant at a place. #}
{% macro local_date(instant, time_zone) -%}
    {{ return(adapter.dispatch('local_date')(instant, time_zone)) }}
{%- endmacro %}

{% macro duckdb__local_date(instant, time_zone) -%}
    cast(timezone({{ time_zone }}, cast({{ instant }} as timestamptz)) as date)
{%- endmacro %}

{% macro spark__local_date(instant, time_zone) -%}
    cast(from_utc_timestamp({{ instant }}, {{ time_zone }}) as date)
{%- endmacro %}

{# Seconds from one instant to another. #}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between')(earlier, later)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    date_diff('second', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    (unix_timestamp({{ later }}) - unix_timestamp({{ earlier }}))
{%- endmacro %}

{# Whole days or months that begin between two dates, as dbt counts on DuckDB; its own for Spark counts months that are full. #}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%}
        datediff(cast({{ second_date }} as date), cast({{ first_date }} as date))
    {%- elif datepart == 'month' -%}
        ((year({{ second_date }}) - year({{ first_date }})) * 12 + month({{ second_date }}) - month({{ first_date }}))
    {%- else -%}
        {{ exceptions.raise_compiler_error("no model counts in " ~ datepart ~ " yet: macros/compat/dates.sql has to learn it") }}
    {%- endif -%}
{%- endmacro %}
