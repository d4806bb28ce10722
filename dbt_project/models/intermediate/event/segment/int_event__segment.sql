{{ config(materialized='view') }}

-- Joins of online events. A platform has a model of its own beside this one, and its name here.
-- noqa: disable=LT02
{%- set platforms = ['teams', 'zoom'] %}

{%- for platform in platforms %}
select * from {{ ref('int_event__segment_' ~ platform) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
