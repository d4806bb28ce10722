{{ config(materialized='view') }}

-- Joins of online events. A platform has a model of its own beside this one.
-- noqa: disable=LT02

{%- for member in union_members('int_event__segment_') %}
select * from {{ ref(member) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
