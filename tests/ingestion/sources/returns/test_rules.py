"""Every rule over a whole return: where it fires, and what comes nearest without firing."""

from dataclasses import dataclass, field

import pytest

from ingestion.catalogue import return_contract, return_contracts
from ingestion.findings import Finding
from ingestion.sources.returns.rules import CHECKS, ReadTable, Return, gravest, judge, quarter_days, refused

CONTRACT = return_contract(version=1)
RULES = {rule.id: rule for rule in CONTRACT.rules}
COVER = {"partner_code": "CB01", "period_key": "2023-24-Q1", "submission_number": "1", "submitted_on": "2023-07-14"}
ROWS = {
    "INTERVENTIONS": {
        "intervention_ref": "P1",
        "title": "Sensors",
        "intervention_type": "pilot",
        "agreement_signed_on": "2023-05-01",
        "award_gbp": "40000",
        "status": "live",
        "evidence": "signed_agreement",
    },
    "BUSINESSES": {
        "business_ref": "B1",
        "business_name": "Aston Castings Ltd",
        "company_number": "01111111",
        "postcode": "B7 4BB",
        "organisation_type": "business",
        "size_band": "small",
    },
    "SUPPORT": {
        "session_ref": "S1",
        "business_ref": "B1",
        "supported_on": "2023-05-01",
        "support_hours": "7.5",
        "channel": "in_person",
        "evidence": "signed_support_log",
    },
    "COLLABORATIONS": {
        "collaboration_ref": "C1",
        "title": "Joint sensors",
        "purpose": "Sensors",
        "kind": "mou",
        "agreed_on": "2023-05-01",
        "caused_by_programme": "yes",
        "status": "active",
        "evidence": "joint_bid_document",
    },
    "MEMBERS": {
        "collaboration_ref": "C1",
        "member_number": "1",
        "organisation_name": "Aston Castings Ltd",
        "organisation_type": "business",
    },
    "JOBS": {
        "post_ref": "J1",
        "business_name": "Aston Castings Ltd",
        "company_number": "01111111",
        "contracted_hours": "37.5",
        "contract": "permanent",
        "post_kind": "new",
        "started_on": "2023-06-01",
        "filled": "yes",
        "baseline_fte": "20",
        "business_status": "trading",
        "status": "active",
        "evidence": "payroll_extract",
    },
    "LEVERAGE": {
        "source_organisation": "Severn Capital",
        "source_type": "private",
        "agreement_ref": "L1",
        "tranche": "1",
        "stage": "committed",
        "kind": "cash",
        "amount_gbp": "10000",
        "stage_reached_on": "2023-05-10",
        "agreement_signed_on": "2023-05-01",
        "status": "active",
        "evidence": "signed_agreement",
    },
    "EVENTS": {
        "event_ref": "E1",
        "platform": "none",
        "title": "Breakfast",
        "held_on": "2023-05-01",
        "mode": "in_person",
        "venue_postcode": "B4 7ET",
        "attribution": "wmip_funded",
        "signed_in": "20",
        "headcount": "25",
        "evidence": "signed_sheet",
    },
    "FORECAST": {"indicator_key": "pilots_funded", "forecast_period_key": "2023-24-Q2", "forecast_value": "2"},
}
SECOND_MEMBER = {"member_number": "2", "organisation_name": "Mercia University", "organisation_type": "university"}


def a_return(changed=None, added=None, cover=None, without=()):
    """A return with a row of each table: `changed` the row's values, `added` rows like it with other values."""
    tables = {}
    added = {"MEMBERS": [SECOND_MEMBER], **(added or {})}
    for table in CONTRACT.tables:
        name = table.table
        base = {**dict.fromkeys(table.landed), **ROWS[name], **(changed or {}).get(name, {})}
        rows = [] if name in without else [base, *({**base, **row} for row in added.get(name, []))]
        for number, row in enumerate(rows, 10):
            row |= {"sheet": table.sheet, "row_number": str(number)}
        tables[name] = ReadTable(
            stream=table.stream,
            rows=rows,
            positions={column.name: at for at, column in enumerate(table.columns)},
            columns={column.name: column for column in table.columns},
            reference=table.reference,
        )
    return Return("r.xlsx", "Cover", {**COVER, **(cover or {})}, tables)


@dataclass
class Case:
    """What makes a rule fire, in which table and column; and the nearest that does not."""

    table: str
    column: str
    fires: dict = field(default_factory=dict)
    calm: dict = field(default_factory=dict)


def one(table, column, fires, calm):
    """A case of values of one row."""
    return Case(table, column, {"changed": {table: fires}}, {"changed": {table: calm}})


def two(table, column, fires, calm):
    """A case of a second row beside the first."""
    return Case(table, column, {"added": {table: [fires]}}, {"added": {table: [calm]}})


ALL_TABLES = tuple(ROWS)
SCALED = {
    "intervention_type": "scaled",
    "origin_pilot_ref": "P1",
    "award_gbp": None,
    "new_funding_gbp": "50000",
    "new_funding_confirmed_on": "2023-06-01",
    "pilot_completed": "yes",
}
SCALED_TOO = {**SCALED, "intervention_ref": "P2", "title": "Sensors everywhere"}
REALISED = {"stage": "realised", "evidence": "defrayal_evidence"}
CASES = {
    "empty_return": Case("", "", {"without": ALL_TABLES}, {"without": ALL_TABLES, "cover": {"nil_return": "yes"}}),
    "nil_return_with_rows": Case("", "", {"cover": {"nil_return": "yes"}}, {"cover": {"nil_return": "no"}}),
    "submitted_before_quarter_end": Case(
        "", "submitted_on", {"cover": {"submitted_on": "2023-06-29"}}, {"cover": {"submitted_on": "2023-06-30"}}
    ),
    "submitted_very_late": Case(
        "", "submitted_on", {"cover": {"submitted_on": "2024-07-01"}}, {"cover": {"submitted_on": "2024-06-30"}}
    ),
    "date_far_ahead": one("EVENTS", "held_on", {"held_on": "2052-05-01"}, {"held_on": "2025-06-30"}),
    "date_far_back": one("SUPPORT", "supported_on", {"supported_on": "1923-05-01"}, {"supported_on": "1993-04-02"}),
    "date_after_submission": one("EVENTS", "held_on", {"held_on": "2023-07-15"}, {"held_on": "2023-07-14"}),
    "date_after_quarter": one("JOBS", "started_on", {"started_on": "2023-07-01"}, {"started_on": "2023-06-30"}),
    "date_long_before_quarter": one(
        "SUPPORT", "supported_on", {"supported_on": "2022-03-30"}, {"supported_on": "2022-03-31"}
    ),
    "postcode_unreadable": one("BUSINESSES", "postcode", {"postcode": "Birmingham"}, {"postcode": "b74bb"}),
    "postcode_area_unknown": one(
        "EVENTS", "venue_postcode", {"venue_postcode": "QZ1 1AA"}, {"venue_postcode": "M1 1AA"}
    ),
    "company_number_form": one(
        "BUSINESSES", "company_number", {"company_number": "0111-11"}, {"company_number": "SC123456"}
    ),
    "charity_number_form": one("BUSINESSES", "charity_number", {"charity_number": "12"}, {"charity_number": "1089464"}),
    "unusual_value": one("SUPPORT", "support_hours", {"support_hours": "10.5"}, {"support_hours": "10"}),
    "scaled_conditions_open": two(
        "INTERVENTIONS", "new_funding_gbp", {**SCALED_TOO, "new_funding_gbp": "0"}, SCALED_TOO
    ),
    "scaled_without_day": two(
        "INTERVENTIONS", "new_funding_confirmed_on", {**SCALED_TOO, "new_funding_confirmed_on": None}, SCALED_TOO
    ),
    "scaled_before_pilot_is_completed": two(
        "INTERVENTIONS", "pilot_completed", {**SCALED_TOO, "pilot_completed": None}, SCALED_TOO
    ),
    "award_missing": one("INTERVENTIONS", "award_gbp", {"award_gbp": None}, {"award_gbp": None, "status": "withdrawn"}),
    "award_without_pilot": two(
        "INTERVENTIONS",
        "award_gbp",
        {**SCALED_TOO, "award_gbp": "9000", "origin_pilot_ref": None},
        {**SCALED_TOO, "award_gbp": "9000"},
    ),
    "new_funding_of_a_pilot": one(
        "INTERVENTIONS", "new_funding_gbp", {"new_funding_gbp": "9000"}, {"new_funding_source": "private"}
    ),
    "its_own_origin": two(
        "INTERVENTIONS", "origin_pilot_ref", {**SCALED_TOO, "origin_pilot_ref": "p2"}, {**SCALED_TOO}
    ),
    "origin_pilot_elsewhere": two(
        "INTERVENTIONS", "origin_pilot_ref", {**SCALED_TOO, "origin_pilot_ref": "P9"}, {**SCALED_TOO}
    ),
    "terminated_and_completed": one(
        "INTERVENTIONS",
        "pilot_completed",
        {"status": "terminated_before_spend", "pilot_completed": "yes"},
        {"status": "completed", "pilot_completed": "yes"},
    ),
    "intervention_returned_twice": two(
        "INTERVENTIONS",
        "title",
        {"intervention_ref": "P2", "title": "SENSORS"},
        {"intervention_ref": "P2", "title": "Other sensors"},
    ),
    "business_returned_twice": two(
        "BUSINESSES",
        "company_number",
        {"business_ref": "B2"},
        {"business_ref": "B2", "company_number": "02222222"},
    ),
    "business_of_one_name_twice": Case(
        "BUSINESSES",
        "business_name",
        {"changed": {"BUSINESSES": {"company_number": None}}, "added": {"BUSINESSES": [{"business_ref": "B2"}]}},
        {
            "changed": {"BUSINESSES": {"company_number": None}},
            "added": {"BUSINESSES": [{"business_ref": "B2", "postcode": "B1 1AA"}]},
        },
    ),
    "business_hard_to_find": one(
        "BUSINESSES",
        "company_number",
        {"company_number": None, "postcode": None},
        {"company_number": None},
    ),
    "sole_trader_with_number": one(
        "BUSINESSES", "sole_trader", {"sole_trader": "yes"}, {"sole_trader": "yes", "company_number": None}
    ),
    "business_without_session": Case("BUSINESSES", "business_ref", {"without": ("SUPPORT",)}, {}),
    "more_than_a_day": two(
        "SUPPORT",
        "support_hours",
        {"session_ref": "S2", "support_hours": "17", "channel": "online"},
        {"session_ref": "S2", "support_hours": "16.5", "channel": "online"},
    ),
    "long_day": two(
        "SUPPORT",
        "support_hours",
        {"session_ref": "S2", "support_hours": "5"},
        {"session_ref": "S2", "support_hours": "4.5"},
    ),
    "session_returned_twice": two(
        "SUPPORT", "session_ref", {"session_ref": "S2"}, {"session_ref": "S2", "channel": "online"}
    ),
    "too_few_members": Case(
        "COLLABORATIONS", "collaboration_ref", {"added": {"MEMBERS": []}}, {"added": {"MEMBERS": [SECOND_MEMBER]}}
    ),
    "no_business_member": Case(
        "COLLABORATIONS",
        "collaboration_ref",
        {"changed": {"MEMBERS": {"organisation_type": "public_body"}}},
        {"added": {"MEMBERS": [SECOND_MEMBER]}},
    ),
    "member_listed_twice": Case(
        "MEMBERS",
        "organisation_name",
        {"added": {"MEMBERS": [SECOND_MEMBER, {"member_number": "3"}]}},
        {"added": {"MEMBERS": [SECOND_MEMBER, {"member_number": "3", "organisation_name": "Tame Ltd"}]}},
    ),
    "collaboration_returned_twice": Case(
        "COLLABORATIONS",
        "title",
        {"added": {"COLLABORATIONS": [{"collaboration_ref": "C2"}]}},
        {"added": {"COLLABORATIONS": [{"collaboration_ref": "C2", "agreed_on": "2023-05-02"}]}},
    ),
    "agreement_not_named": one(
        "COLLABORATIONS",
        "agreement_ref",
        {"evidence": "signed_agreement"},
        {"evidence": "signed_agreement", "agreement_ref": "A1"},
    ),
    "permanent_for_less_than_a_year": one(
        "JOBS", "expected_months", {"expected_months": "11"}, {"expected_months": "12"}
    ),
    "follow_up_before_start": one(
        "JOBS",
        "follow_up_on",
        {"follow_up_fte": "21", "follow_up_on": "2023-05-31"},
        {"follow_up_fte": "21", "follow_up_on": "2023-06-01"},
    ),
    "follow_up_without_day": one(
        "JOBS", "follow_up_on", {"follow_up_fte": "21"}, {"follow_up_fte": "21", "follow_up_on": "2023-06-30"}
    ),
    "follow_up_without_figure": one(
        "JOBS", "follow_up_fte", {"follow_up_on": "2023-06-30"}, {"follow_up_fte": "21", "follow_up_on": "2023-06-30"}
    ),
    "follow_up_below_baseline": one(
        "JOBS",
        "baseline_fte",
        {"follow_up_fte": "19.9", "follow_up_on": "2023-06-30"},
        {"follow_up_fte": "20", "follow_up_on": "2023-06-30"},
    ),
    "baseline_differs": two(
        "JOBS", "baseline_fte", {"post_ref": "J2", "baseline_fte": "21"}, {"post_ref": "J2", "baseline_fte": "20"}
    ),
    "beyond_its_size_band": one("JOBS", "baseline_fte", {"baseline_fte": "50"}, {"baseline_fte": "49.9"}),
    "realised_beyond_committed": two(
        "LEVERAGE", "amount_gbp", {**REALISED, "amount_gbp": "10001"}, {**REALISED, "amount_gbp": "10000"}
    ),
    "no_amount": one("LEVERAGE", "amount_gbp", {"amount_gbp": "0"}, {"amount_gbp": "0", "status": "withdrawn"}),
    "stage_before_agreement": one(
        "LEVERAGE", "stage_reached_on", {"stage_reached_on": "2023-04-30"}, {"stage_reached_on": "2023-05-01"}
    ),
    "pipeline_with_proof": one(
        "LEVERAGE",
        "stage",
        {"stage": "pipeline", "evidence": "valuation"},
        {"stage": "pipeline", "evidence": "self_report"},
    ),
    "intervention_elsewhere": one(
        "LEVERAGE", "intervention_ref", {"intervention_ref": "P9"}, {"intervention_ref": "p1"}
    ),
    "ends_before_it_begins": one("EVENTS", "ends_on", {"ends_on": "2023-04-30"}, {"ends_on": "2023-05-01"}),
    "long_event": one("EVENTS", "held_on", {"ends_on": "2023-06-02"}, {"ends_on": "2023-06-01"}),
    "signed_in_above_headcount": one("EVENTS", "signed_in", {"signed_in": "26"}, {"signed_in": "25"}),
    "signed_in_far_above_headcount": one("EVENTS", "signed_in", {"signed_in": "2300"}, {"signed_in": "45"}),
    "nobody_counted": one("EVENTS", "headcount", {"signed_in": "0", "headcount": None}, {"headcount": None}),
    "sheet_without_names": one(
        "EVENTS", "signed_in", {"signed_in": None}, {"signed_in": None, "evidence": "headcount_only"}
    ),
    "export_without_platform": one(
        "EVENTS",
        "platform",
        {"evidence": "check_in_export"},
        {"evidence": "check_in_export", "platform": "eventbrite", "platform_event_id": "1"},
    ),
    "platform_not_named": one(
        "EVENTS",
        "platform",
        {"platform_event_id": "1"},
        {"platform_event_id": "1", "platform": "eventbrite"},
    ),
    "venue_not_named": one(
        "EVENTS", "venue_postcode", {"venue_postcode": None}, {"venue_postcode": None, "mode": "online"}
    ),
    "platform_event_returned_twice": Case(
        "EVENTS",
        "platform_event_id",
        {
            "changed": {"EVENTS": {"platform": "eventbrite", "platform_event_id": "1"}},
            "added": {"EVENTS": [{"event_ref": "E2", "title": "Lunch"}]},
        },
        {
            "changed": {"EVENTS": {"platform": "eventbrite", "platform_event_id": "1"}},
            "added": {"EVENTS": [{"event_ref": "E2", "title": "Lunch", "platform_event_id": "2"}]},
        },
    ),
    "event_returned_twice": two("EVENTS", "title", {"event_ref": "E2"}, {"event_ref": "E2", "held_on": "2023-05-02"}),
    "forecast_below_returned": one(
        "FORECAST",
        "forecast_value",
        {"forecast_period_key": "2023-24-Q1", "forecast_value": "0.5"},
        {"forecast_period_key": "2023-24-Q1", "forecast_value": "1"},
    ),
    "forecast_of_the_past": one(
        "FORECAST",
        "forecast_period_key",
        {"forecast_period_key": "2022-23-Q4"},
        {"forecast_period_key": "2023-24-Q1"},
    ),
}


def told(**how):
    """Which rules fire at a return, and the findings."""
    findings = judge(CONTRACT.rules, a_return(**how))
    return {finding.reason_code for finding in findings}, findings


def test_a_good_return_is_let_through_in_silence():
    assert told() == (set(), [])


def test_every_rule_has_a_case_and_every_check_a_rule():
    assert set(CASES) == set(RULES)
    assert set(CHECKS) == {rule.check for contract in return_contracts() for rule in contract.rules}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fires_at_its_cell_and_says_what_to_do(rule):
    case = CASES[rule]
    _, findings = told(**case.fires)
    mine = [finding for finding in findings if finding.reason_code == rule]
    assert mine, [finding.reason_code for finding in findings]
    finding = mine[0]
    assert (finding.column_name, finding.severity) == (case.column, RULES[rule].severity)
    assert finding.message.count("; ") >= 1
    assert "{" not in finding.message
    if case.table:
        table = CONTRACT.table(case.table)
        at = [column.name for column in table.columns].index(case.column)
        assert finding.stream == table.stream
        row = finding.place.rpartition("!")[2]
        assert finding.place == f"r.xlsx#{table.sheet}!{row}"
        assert finding.cell == f"{chr(65 + at)}{row}"
    else:
        assert (finding.stream, finding.place) == ("covers", "r.xlsx#Cover!1")


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_does_not_fire_at_what_comes_nearest(rule):
    assert rule not in told(**CASES[rule].calm)[0]


@pytest.mark.parametrize("lacking", ["first", "second", "both", "neither"])
def test_a_business_without_a_number_is_known_by_name_and_place_beside_one_with_it(lacking):
    numbers = {
        "first": (None, "01111111"),
        "second": ("01111111", None),
        "both": (None, None),
        "neither": ("01111111", "02222222"),
    }[lacking]
    _, findings = told(
        changed={"BUSINESSES": {"company_number": numbers[0]}},
        added={"BUSINESSES": [{"business_ref": "B2", "company_number": numbers[1], "postcode": "b74bb"}]},
    )
    found = [one.cell for one in findings if one.reason_code == "business_of_one_name_twice"]
    assert found == {"first": ["B10"], "second": ["B11"], "both": ["B11"], "neither": []}[lacking]


def test_a_company_number_is_the_same_without_its_noughts():
    codes, _ = told(added={"BUSINESSES": [{"business_ref": "B2", "company_number": "1111111"}]})
    assert "business_returned_twice" in codes
    codes, _ = told(added={"JOBS": [{"post_ref": "J2", "company_number": "1111111", "baseline_fte": "9"}]})
    assert "baseline_differs" in codes


def test_what_follows_from_a_graver_finding_at_its_cell_is_not_told():
    # 2,300 names beside 25 heads are also more than is usual, and more than the headcount.
    codes, _ = told(changed={"EVENTS": {"signed_in": "2300"}})
    assert codes == {"signed_in_far_above_headcount"}
    codes, _ = told(changed={"EVENTS": {"held_on": "2052-05-01"}})
    assert codes == {"date_far_ahead"}


def test_a_wrong_row_silences_the_rules_that_need_it():
    lacking = a_return(added={"MEMBERS": []})
    assert {f.reason_code for f in judge(CONTRACT.rules, lacking)} == {"too_few_members"}
    lacking.tables["MEMBERS"].is_whole = False
    assert judge(CONTRACT.rules, lacking) == []
    empty = a_return(without=ALL_TABLES)
    empty.tables["EVENTS"].is_whole = False
    assert judge(CONTRACT.rules, empty) == [], "a return of wrong rows is not an empty one"


def test_rows_with_an_error_are_taken_out_and_others_stay():
    read = a_return(
        changed={"EVENTS": {"signed_in": "2300"}}, added={"EVENTS": [{"event_ref": "E2", "signed_in": "5"}]}
    )
    findings = judge(CONTRACT.rules, read)
    refused(read, findings)
    assert [row["event_ref"] for row in read.tables["EVENTS"].rows] == ["E2"]
    assert len(read.tables["JOBS"].rows) == 1


def test_only_the_gravest_of_a_cell_stays():
    def finding(severity, cell="A1"):
        return Finding("returns", "events", "f#E!1", "x", severity, "m", cell=cell, severity=severity)

    found = [finding("note"), finding("warning"), finding("note", "B1")]
    assert [(one.severity, one.cell) for one in gravest(found)] == [("warning", "A1"), ("note", "B1")]


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        ("2023-24-Q1", "2023-04-01", "2023-06-30"),
        ("2023-24-Q3", "2023-10-01", "2023-12-31"),
        ("2023-24-Q4", "2024-01-01", "2024-03-31"),
    ],
)
def test_a_financial_quarter_has_its_days(quarter, first, last):
    assert tuple(map(str, quarter_days(quarter))) == (first, last)
