{# Made by `wmip docs index` from the models in the folders below intermediate/<subject>; do not edit. #}

{# The models whose names begin so, for the one that unites them. #}
{% macro union_members(prefix) %}
    {{ return({
        'int_event__attendance_': [
            'int_event__attendance_eventbrite',
            'int_event__attendance_teams',
            'int_event__attendance_tickettailor',
            'int_event__attendance_zoom',
        ],
        'int_event__platform_': [
            'int_event__platform_eventbrite',
            'int_event__platform_teams',
            'int_event__platform_tickettailor',
            'int_event__platform_zoom',
        ],
        'int_event__segment_': [
            'int_event__segment_teams',
            'int_event__segment_zoom',
        ],
        'int_fact__': [
            'int_fact__businesses_assisted',
            'int_fact__event_attendees',
            'int_fact__interventions_scaled',
            'int_fact__jobs_created',
            'int_fact__leverage',
            'int_fact__new_collaborations',
            'int_fact__pilots_funded',
            'int_fact__supplementary',
        ],
        'int_grant__award_': [
            'int_grant__award_gateway_to_research',
            'int_grant__award_innovate_uk',
            'int_grant__award_mapped_grants',
            'int_grant__award_threesixtygiving',
        ],
        'int_organisation__record_': [
            'int_organisation__record_dataverse',
            'int_organisation__record_eventbrite',
            'int_organisation__record_gateway_to_research',
            'int_organisation__record_hubspot',
            'int_organisation__record_innovate_uk',
            'int_organisation__record_innovate_uk_claims',
            'int_organisation__record_mapped_grants',
            'int_organisation__record_returns',
            'int_organisation__record_salesforce',
            'int_organisation__record_threesixtygiving',
            'int_organisation__record_tickettailor',
            'int_organisation__record_zoom',
        ],
        'int_support__session_': [
            'int_support__session_dataverse',
            'int_support__session_hubspot',
            'int_support__session_returns',
            'int_support__session_salesforce',
        ],
    }[prefix]) }}
{% endmacro %}
