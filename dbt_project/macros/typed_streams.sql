{# Made by `wmip docs index` from ingestion/sources/*/declaration.yaml and the contracts of returns; do not edit. #}

{#
    By stream (`source.stream`): what its texts become (`types`), and which of these a row cannot do without (`needed`).
    `key`: of a stream whose latest version of each key counts; `is_list`: of one of lists that are sent again whole;
    without a key it is a table of the return workbooks. `place`: what says where a row stands, if not its file and row.
#}
{% macro typed_streams() %}
    {{ return({
        'charity_registers.charities': {
            'key': ['register', 'charity_number', 'linked_number'],
            'is_list': true,
            'types': {
                'registered_on': 'date',
                'removed_on': 'date',
            },
            'needed': [],
        },
        'companies_house.companies': {
            'key': ['company_number'],
            'types': {
                'incorporated_on': 'date',
                'dissolved_on': 'date',
            },
            'needed': [],
        },
        'companies_house.previous_names': {
            'key': ['company_number', 'position'],
            'types': {
                'position': 'integer',
                'changed_on': 'date',
            },
            'needed': ['position'],
        },
        'companies_house_lookup.companies': {
            'key': ['id'],
            'types': {
                'incorporated_on': 'date',
                'ceased_on': 'date',
            },
            'needed': [],
        },
        'dataverse.opportunities': {
            'key': ['id'],
            'types': {
                'amount': 'money',
            },
            'needed': [],
        },
        'gateway_to_research.projects': {
            'key': ['project_id'],
            'has_file': true,
            'types': {
                'award_pounds': 'money',
                'start_date': 'day',
                'end_date': 'day',
            },
            'needed': ['award_pounds'],
        },
        'gateway_to_research_api.projects': {
            'key': ['id'],
            'types': {
                'award_pounds': 'money',
                'start_date': 'day',
                'end_date': 'day',
            },
            'needed': ['award_pounds'],
        },
        'hubspot.deals': {
            'key': ['id'],
            'types': {
                'amount': 'money',
            },
            'needed': [],
        },
        'innovate_uk.participants': {
            'key': ['participation_id'],
            'has_file': true,
            'types': {
                'award_offered': 'money',
                'total_costs': 'money',
                'actual_spend': 'money',
                'project_start': 'day',
                'project_end': 'day',
            },
            'needed': ['award_offered'],
        },
        'innovate_uk_claims.projects': {
            'key': ['id'],
            'types': {
                'periods': 'whole',
            },
            'needed': [],
        },
        'innovate_uk_claims.participants': {
            'key': ['id'],
            'types': {
                'award_rate': 'quantity',
                'total_costs': 'money',
            },
            'needed': [],
        },
        'innovate_uk_claims.claims': {
            'key': ['id'],
            'types': {
                'period_number': 'whole',
                'period_cost': 'money',
                'costs_approved': 'money',
                'category_cost': 'money',
            },
            'needed': [],
        },
        'innovate_uk_claims.profiles': {
            'key': ['id'],
            'types': {
                'period_number': 'whole',
                'forecast_cost': 'money',
            },
            'needed': [],
        },
        'mapped_grants.grants': {
            'key': ['grant_system', 'grant_id'],
            'has_file': true,
            'types': {
                'amount_awarded': 'money',
                'amount_disbursed': 'money',
                'award_date': 'day',
                'planned_start': 'day',
                'planned_end': 'day',
            },
            'needed': ['amount_awarded', 'award_date'],
        },
        'postcode_directory.postcodes': {
            'key': ['postcode'],
            'types': {
                'easting': 'integer',
                'northing': 'integer',
            },
            'needed': [],
        },
        'published_statistics.gdp_deflators': {
            'key': ['year_kind', 'year'],
            'has_file': true,
            'types': {
                'value': 'index',
            },
            'needed': ['value'],
        },
        'published_statistics.area_productivity': {
            'key': ['itl_code', 'calendar_year', 'measure'],
            'has_file': true,
            'types': {
                'calendar_year': 'integer',
                'value': 'money',
            },
            'needed': ['calendar_year', 'value'],
        },
        'registers.partners': {
            'key': ['partner_code'],
            'is_list': true,
            'types': {
                'activity_starts_on': 'date',
            },
            'needed': ['activity_starts_on'],
        },
        'registers.verification': {
            'key': ['indicator_key', 'partner_code', 'source_ref'],
            'is_list': true,
            'types': {
                'decided_on': 'date',
            },
            'needed': ['decided_on'],
        },
        'registers.claims': {
            'key': ['partner_code', 'period_key'],
            'is_list': true,
            'types': {
                'eligible_spend_gbp': 'money',
                'intervention_rate': 'number',
                'paid_gbp': 'money',
            },
            'needed': ['eligible_spend_gbp', 'intervention_rate', 'paid_gbp'],
        },
        'registers.also_claimed': {
            'key': ['indicator_key', 'partner_code', 'source_ref', 'also_claimed_under'],
            'is_list': true,
            'types': {
                'programme_share': 'number',
            },
            'needed': ['programme_share'],
        },
        'registers.ratings': {
            'key': ['indicator_key'],
            'is_list': true,
            'types': {
                'expires_on': 'date',
            },
            'needed': ['expires_on'],
        },
        'registers.waivers': {
            'key': ['check_name', 'scope_key'],
            'is_list': true,
            'types': {
                'expires_on': 'date',
            },
            'needed': ['expires_on'],
        },
        'registers.calendar': {
            'key': ['period_key', 'partner_code'],
            'is_list': true,
            'types': {
                'due_on': 'date',
                'new_records_until': 'date',
                'edits_until': 'date',
            },
            'needed': [],
        },
        'returns.covers': {
            'key': ['file_sha256'],
            'place': "file_name || '#' || sheet",
            'types': {
                'submission_number': 'integer',
                'submitted_on': 'date',
            },
            'needed': ['submission_number', 'submitted_on'],
        },
        'returns.interventions': {
            'types': {
                'agreement_signed_on': 'date',
                'award_gbp': 'money',
                'new_funding_gbp': 'money',
                'new_funding_confirmed_on': 'date',
            },
            'needed': ['agreement_signed_on', 'award_gbp', 'new_funding_gbp', 'new_funding_confirmed_on'],
        },
        'returns.support_sessions': {
            'types': {
                'supported_on': 'date',
                'support_hours': 'quantity',
            },
            'needed': ['supported_on', 'support_hours'],
        },
        'returns.collaborations': {
            'types': {
                'agreed_on': 'date',
            },
            'needed': ['agreed_on'],
        },
        'returns.collaboration_members': {
            'types': {
                'member_number': 'integer',
            },
            'needed': ['member_number'],
        },
        'returns.jobs': {
            'types': {
                'contracted_hours': 'quantity',
                'expected_months': 'quantity',
                'started_on': 'date',
                'baseline_fte': 'quantity',
                'follow_up_fte': 'quantity',
                'follow_up_on': 'date',
            },
            'needed': ['contracted_hours', 'expected_months', 'started_on', 'baseline_fte', 'follow_up_fte', 'follow_up_on'],
        },
        'returns.leverage': {
            'types': {
                'amount_gbp': 'money',
                'stage_reached_on': 'date',
                'agreement_signed_on': 'date',
            },
            'needed': ['amount_gbp', 'stage_reached_on', 'agreement_signed_on'],
        },
        'returns.events': {
            'types': {
                'held_on': 'date',
                'ends_on': 'date',
                'signed_in': 'integer',
                'headcount': 'integer',
            },
            'needed': ['held_on', 'signed_in', 'headcount'],
        },
        'returns.forecasts': {
            'types': {
                'forecast_value': 'number',
            },
            'needed': ['forecast_value'],
        },
        'salesforce.opportunities': {
            'key': ['id'],
            'types': {
                'amount': 'money',
            },
            'needed': [],
        },
        'threesixtygiving.grants': {
            'key': ['grant_id'],
            'is_list': true,
            'has_file': true,
            'types': {
                'amount_awarded': 'money',
                'award_date': 'day',
                'recipient_count': 'integer',
            },
            'needed': ['amount_awarded', 'award_date', 'recipient_count'],
        },
        'tickettailor.check_ins': {
            'key': ['id'],
            'types': {
                'quantity': 'integer',
            },
            'needed': ['quantity'],
        },
    }) }}
{% endmacro %}
