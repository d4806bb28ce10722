{#
    The local authority of a postcode by the area's directory, which holds every postcode of the area, live and ended:
    a valid one that it lacks lies outside. Null without a postcode. `directory` is the directory as it is joined.
#}
{% macro authority_of(postcode, directory='directory') -%}
    case
        when {{ directory }}.local_authority_code is not null then {{ directory }}.local_authority_code
        when {{ postcode }} is not null then 'outside'
    end
{%- endmacro %}

{# Whether a source is of those who work with organisations: bodies, and their CRMs. #}
{% macro works_with_it(source_system) -%}
    {{ source_system }} in ('returns', 'hubspot', 'salesforce', 'dataverse')
{%- endmacro %}

{# Whether a source is of tickets, on which people say themselves where their organisation is. #}
{% macro is_of_tickets(source_system) -%}
    {{ source_system }} in ('eventbrite', 'tickettailor')
{%- endmacro %}
