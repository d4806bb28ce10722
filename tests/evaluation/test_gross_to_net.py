"""The evaluation tables: labelled as modelled, null where an assumption is missing, ranges, draws, caveats."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from evaluation.appraisal import MEASURES
from evaluation.caveats import caveats
from evaluation.gross import GrossJobs
from evaluation.gross_to_net import Assurance, Circumstances, evaluate
from evaluation.schemas import SCHEMAS
from tests.evaluation.registers import build, rows

GROSS = GrossJobs({2023: 40.0}, 40.0, 95.0, 52, 31, 4)
ON = Circumstances(date(2025, 6, 1), "fingerprint", "passed", draws=2_000)


def pick(table: pa.Table, **cells) -> list[dict]:
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in cells.items())]


@pytest.fixture(scope="module")
def tables():
    return evaluate(GROSS, [build(rows())], ON)


def test_central_figures(tables):
    found = {
        row["measure"]: float(row["modelled_value"])
        for row in pick(tables["evaluation_result"], spatial_level="local", scenario="central")
    }
    assert found["net_jobs"] == 18.5625
    assert found["gva_less_public_cost"] == pytest.approx(1_861_339.19, abs=0.01)
    assert found["gva_per_public_pound"] == pytest.approx(4.7737, abs=1e-4)
    assert found["cost_per_net_job"] == pytest.approx(26_936.03, abs=0.01)


def test_every_row_says_what_it_is(tables):
    for name in ("evaluation_result", "evaluation_year", "evaluation_sensitivity", "evaluation_simulation"):
        for row in tables[name].to_pylist():
            assert row["evidence_rating"] == "not_scoreable"
            assert row["spatial_level"] in {"local", "regional", "uk"}
            assert row["assurance_status"] == "not_assured"
            assert len(row["assumption_set_sha256"]) == 64
            assert row["price_base"] or row["status"] == "missing_assumption"
    columns = {column for schema in SCHEMAS.values() for column in schema.names}
    assert {column for column in columns if "impact" in column} == {"impact_rag"}


def test_levels_without_their_own_assumptions_say_what_is_missing(tables):
    for level in ("regional", "uk"):
        found = pick(tables["evaluation_result"], spatial_level=level, measure="net_jobs")
        assert {row["status"] for row in found} == {"missing_assumption"}
        assert {row["modelled_value"] for row in found} == {None}
        assert "displacement is not in the register; leakage is not in the register" in found[0]["missing"]
        assert ("multiplier" in found[0]["missing"]) == (level == "regional")
    costs = pick(tables["evaluation_result"], spatial_level="uk", scenario="central", measure="cost_per_gross_job")
    assert float(costs[0]["modelled_value"]) == 12_500


def test_at_national_level_nothing_is_multiplied():
    raw = rows({"leakage": {"spatial_level": "uk"}, "displacement": {"spatial_level": "uk"}})
    found = evaluate(GROSS, [build(raw)], ON)
    (row,) = pick(found["evaluation_result"], spatial_level="uk", scenario="central", measure="net_jobs")
    assert float(row["modelled_value"]) == pytest.approx(14.85)
    said = {row["caveat_key"] for row in pick(found["evaluation_caveat"], spatial_level="uk")}
    assert "uk_employment" in said
    assert "not_uk_welfare" not in said


@pytest.mark.parametrize(
    ("sets", "why"),
    [
        ([], "is not in the register"),
        ([build(rows(approved_by="", approved_on=""))], "is not approved"),
        ([build(rows(valid_to="2025-05-31"))], "expired on 2025-05-31"),
    ],
)
def test_without_approved_valid_assumptions_there_is_no_figure_at_all(sets, why):
    found = evaluate(GROSS, sets, ON)
    result = found["evaluation_result"].to_pylist()
    assert len(result) == 3 * 3 * len(MEASURES)
    assert {row["status"] for row in result} == {"missing_assumption"}
    assert {row["modelled_value"] for row in result} == {None}
    assert all(why in row["missing"] for row in result)
    for name in ("evaluation_year", "evaluation_sensitivity", "evaluation_simulation"):
        assert found[name].num_rows == 0
    (run,) = found["evaluation_run"].to_pylist()
    assert (run["modelled_rows"], run["assurance_status"]) == (0, "not_assured")
    assert pick(found["evaluation_assumption"], status="missing")


def test_one_missing_assumption_takes_only_what_needs_it():
    found = evaluate(GROSS, [build(rows({"gva_per_fte": {"approved_by": ""}}))], ON)
    local = {row["measure"]: row for row in pick(found["evaluation_result"], spatial_level="local", scenario="central")}
    assert float(local["net_jobs"]["modelled_value"]) == 18.5625
    assert float(local["cost_per_net_job"]["modelled_value"]) == pytest.approx(26_936.03, abs=0.01)
    assert local["gva_present_value"]["modelled_value"] is None
    assert local["gva_per_public_pound"]["missing"].startswith("gva_per_fte (A06 version 1) is not approved")


def test_a_draft_is_marked_as_one():
    circumstances = Circumstances(ON.on, "f", "passed", approved_only=False, draws=100)
    found = evaluate(GROSS, [build(rows(approved_by="", approved_on=""))], circumstances)
    (row,) = pick(found["evaluation_result"], spatial_level="local", scenario="central", measure="net_jobs")
    assert (row["status"], row["assurance_status"]) == ("modelled_draft", "not_assured")
    assert float(row["modelled_value"]) == 18.5625


def test_a_year_without_a_stated_cost_is_not_taken_for_free():
    found = evaluate(GROSS, [build(rows({"programme_cost_year_1": {"name": "programme_cost_year_2"}}))], ON)
    (row,) = pick(found["evaluation_result"], spatial_level="local", scenario="central", measure="programme_cost")
    assert row["modelled_value"] is None
    assert "programme_cost_year_1 is not in the register; write 0" in row["missing"]


def test_a_base_year_after_the_first_jobs_is_refused():
    found = evaluate(GROSS, [build(rows({"pv_base_year": {"value": "2024"}}))], ON)
    (row,) = pick(found["evaluation_result"], spatial_level="local", scenario="central", measure="gva_present_value")
    assert "pv_base_year is 2024, but jobs were created in 2023-24 already" in row["missing"]


def test_a_wrong_row_is_listed_and_its_figure_missing():
    found = evaluate(GROSS, [build(rows({"decay": {"value": "7"}}))], ON)
    assert pick(found["evaluation_assumption"], status="invalid")[0]["problem"].startswith("row 9, column value: 7")
    assert "row 9" in found["evaluation_run"].to_pylist()[0]["problems"]
    assert pick(found["evaluation_result"], measure="gva_present_value", spatial_level="local")[0]["status"] == (
        "missing_assumption"
    )


def test_the_tornado_is_sorted_and_brackets_the_central_case(tables):
    bars = pick(tables["evaluation_sensitivity"], spatial_level="local", measure="gva_per_public_pound")
    assert [bar["swing_rank"] for bar in bars] == list(range(1, len(bars) + 1))
    swings = [bar["modelled_swing"] for bar in bars]
    assert swings == sorted(swings, reverse=True)
    for bar in bars:
        ends = sorted([bar["modelled_at_low"], bar["modelled_at_high"]])
        assert ends[0] <= bar["modelled_central"] <= ends[1]
    (deadweight,) = [bar for bar in bars if bar["assumption_name"] == "deadweight"]
    assert float(deadweight["modelled_at_low"]) == pytest.approx(4.7737 * 0.70 / 0.55, abs=1e-3)
    assert {"benefit_haircut_20", "benefit_haircut_40"} <= {bar["assumption_name"] for bar in bars}


def test_a_critical_opinion_has_its_sensitivity():
    critical = {"displacement": {"quality_rag": "red", "impact_rag": "red"}}
    bars = evaluate(GROSS, [build(rows(critical))], ON)["evaluation_sensitivity"]
    assert {bar["assumption_name"] for bar in pick(bars, is_required=True)} == {"displacement"}


def test_the_simulation_is_seeded_ordered_and_converges(tables):
    again = evaluate(GROSS, [build(rows())], ON)
    assert again["evaluation_simulation"].equals(tables["evaluation_simulation"])
    final = {
        row["statistic"]: float(row["modelled_value"])
        for row in pick(tables["evaluation_simulation"], measure="net_jobs", spatial_level="local", is_final=True)
    }
    ends = [final[name] for name in ("p05", "p10", "p25", "p50", "p75", "p90", "p95")]
    assert ends == sorted(ends)
    assert 8.5272 <= ends[0] <= ends[-1] <= 31.654
    errors = [
        (row["draws"], float(row["modelled_standard_error"]))
        for row in pick(tables["evaluation_simulation"], measure="net_jobs", spatial_level="local", statistic="mean")
    ]
    assert [draws for draws, _ in errors] == [100, 200, 500, 1_000, 2_000]
    assert errors[-1][1] < errors[0][1]
    other = evaluate(GROSS, [build(rows())], Circumstances(ON.on, "f", "passed", draws=2_000, seed=2))
    assert not other["evaluation_simulation"].equals(tables["evaluation_simulation"])


def test_without_ranges_every_draw_is_the_central_case():
    fixed = rows(low="", high="")
    found = evaluate(GROSS, [build(fixed)], ON)
    stats = pick(found["evaluation_simulation"], measure="net_jobs", spatial_level="local", is_final=True)
    assert {float(s["modelled_value"]) for s in stats if s["statistic"] != "standard_deviation"} == {18.5625}


def test_caveats_stand_beside_every_measure(tables):
    local = pick(tables["evaluation_caveat"], spatial_level="local")
    for measure in MEASURES:
        keys = {row["caveat_key"] for row in local if row["measure"] == measure}
        everywhere = {caveat.key for caveat in caveats() if not caveat.measures and not caveat.levels}
        assert everywhere <= keys
    said = {row["caveat_key"]: row["caveat"] for row in local}
    assert said["verified_share"].startswith("40.00 of 95.00 claimed FTE are verified (42%)")
    assert "2023-24 by discount table green_book_stpr" in said["price_base"]
    assert not any("{" in row["caveat"] for row in tables["evaluation_caveat"].to_pylist())


@pytest.mark.parametrize(
    ("assurer", "analyst", "on", "status"),
    [
        ("head of research", "analyst", date(2025, 5, 1), "assured"),
        ("Analyst", "analyst", date(2025, 5, 1), "not_assured"),
        ("head of research", None, date(2025, 5, 1), "not_assured"),
        ("head of research", "analyst", date(2025, 7, 1), "not_assured"),
    ],
)
def test_assurance_needs_another_person_for_exactly_this_set(assurer, analyst, on, status):
    assumptions = build(rows())
    assurance = Assurance(assumptions.sha256[:16], assurer, on)
    found = evaluate(GROSS, [assumptions], Circumstances(ON.on, "f", "passed", True, analyst, (assurance,), 100))
    assert {row["assurance_status"] for row in found["evaluation_result"].to_pylist()} == {status}
    changed = build(rows({"decay": {"value": "0.11"}}))
    found = evaluate(GROSS, [changed], Circumstances(ON.on, "f", "passed", True, analyst, (assurance,), 100))
    assert found["evaluation_run"].to_pylist()[0]["assurance_status"] == "not_assured"


def test_several_sets_stand_side_by_side():
    other = build([{**row, "assumption_set": "board"} for row in rows({"deadweight": {"value": "0.5"}})])
    found = evaluate(GROSS, [build(rows()), other], ON)
    values = {
        row["assumption_set"]: float(row["modelled_value"])
        for row in pick(found["evaluation_result"], spatial_level="local", scenario="central", measure="net_jobs")
    }
    assert values == {"programme": 18.5625, "board": pytest.approx(18.5625 * 0.5 / 0.55)}


def test_no_jobs_give_zero_and_no_ratio():
    nothing = GrossJobs({}, 0.0, 0.0, 0, 0, 0)
    found = evaluate(nothing, [build(rows())], ON)["evaluation_result"]
    (net,) = pick(found, spatial_level="local", scenario="central", measure="net_jobs")
    assert float(net["modelled_value"]) == 0
    (per_job,) = pick(found, spatial_level="local", scenario="central", measure="cost_per_net_job")
    assert (per_job["modelled_value"], per_job["status"]) == (None, "not_defined")
