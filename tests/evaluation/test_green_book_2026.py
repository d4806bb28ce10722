"""What the Green Book of 5 February 2026 lays down, from that day on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from evaluation.appraisal import appraise
from evaluation.assumptions import build_sets
from evaluation.discounting import RATES, BadDiscountTable, table_in_force
from evaluation.gross import ForecastError, GrossJobs
from evaluation.gross_to_net import Circumstances, evaluate
from evaluation.prices import Deflators, read_deflators
from evaluation.scenarios import values
from evaluation.sensitivity import OWN_HAIRCUT
from evaluation.switching import switching_values
from tests.evaluation.registers import build, rows

GROSS = GrossJobs({2023: 40.0}, 40.0, 95.0, 52, 31, 4)
BEFORE, AFTER = date(2026, 2, 4), date(2026, 2, 5)


def at_uk(**changes: str) -> list[dict[str, str]]:
    """The worked register with leakage and displacement of the UK beside the local ones."""
    raw = rows()
    for name, value in (("leakage", "0"), ("displacement", "0.25")):
        (local,) = (row for row in raw if row["name"] == name)
        more = changes if name == "displacement" else {}
        uk = {"id": f"{local['id']}-uk", "spatial_level": "uk", "value": value, "low": "", "high": ""}
        raw.append({**local, **uk, **more})
    return raw


def run(raw, on=AFTER, gross=GROSS, deflators=None):
    return evaluate(gross, [build(raw)], Circumstances(on, "f", "passed", draws=100), deflators)


def pick(table, **wanted):
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in wanted.items())]


def central(found, measure, level="uk"):
    (row,) = pick(found["evaluation_result"], measure=measure, scenario="central", spatial_level=level)
    return row


def test_jobs_of_the_uk_are_fully_displaced_from_the_day_of_the_edition():
    assert float(central(run(at_uk(), BEFORE), "net_jobs")["modelled_value"]) == pytest.approx(40 * 0.55 * 0.75)
    found = run(at_uk())
    assert float(central(found, "net_jobs")["modelled_value"]) == 0
    assert float(central(found, "gva_per_public_pound")["modelled_value"]) == 0
    assert float(central(found, "net_jobs", "local")["modelled_value"]) == pytest.approx(18.5625)


def test_the_row_that_is_not_used_is_named_with_the_way_out():
    (refused,) = pick(run(at_uk())["evaluation_assumption"], id="A03-uk")
    assert refused["status"] == "not_usable"
    assert "full displacement" in refused["problem"]
    assert "exception_evidence and signed_off_by" in refused["problem"]
    (stands,) = pick(run(at_uk())["evaluation_assumption"], status="laid_down")
    assert (stands["name"], float(stands["value"]), stands["spatial_level"]) == ("displacement", 1.0, "uk")


def test_a_register_silent_about_the_uk_gets_what_is_laid_down():
    found = run([row for row in at_uk() if row["id"] != "A03-uk"])
    assert float(central(found, "net_jobs")["modelled_value"]) == 0


def test_a_signed_off_exception_stands():
    exception = {"exception_evidence": "supply-side study", "signed_off_by": "chief economist"}
    found = run(at_uk(**exception))
    assert float(central(found, "net_jobs")["modelled_value"]) == pytest.approx(40 * 0.55 * 0.75)
    said = {row["caveat_key"]: row["caveat"] for row in pick(found["evaluation_caveat"], spatial_level="uk")}
    assert "exception signed off by chief economist" in said["uk_employment"]


def test_evidence_without_a_signature_is_a_wrong_cell():
    (found,) = build_sets(enumerate(at_uk(exception_evidence="a study"), start=2))
    assert [problem.column for problem in found.problems] == ["signed_off_by"]


def test_a_set_keeps_the_hash_under_which_it_was_assured():
    empty = [{**row, "exception_evidence": "", "signed_off_by": ""} for row in rows()]
    assert build(empty).sha256 == build(rows()).sha256
    signed = at_uk(exception_evidence="a study", signed_off_by="chief economist")
    assert build(signed).sha256 != build(at_uk()).sha256


def test_the_uk_stands_beside_every_figure():
    found = run(at_uk())["evaluation_result"].to_pylist()
    uk = {(row["scenario"], row["measure"]): row for row in found if row["spatial_level"] == "uk"}
    for row in found:
        same = uk[row["scenario"], row["measure"]]
        assert (row["uk_modelled_value"], row["uk_status"]) == (same["modelled_value"], same["status"])
    missing = run(rows())["evaluation_result"]
    (local,) = pick(missing, measure="net_jobs", scenario="central", spatial_level="local")
    assert (local["uk_modelled_value"], local["uk_status"]) == (None, "missing_assumption")


IN_PRICES_OF_2024 = {"price_base_year": {"value": "2024"}}
DEFLATORS = Deflators({2023: Decimal("96.1117"), 2024: Decimal(100)}, "2026-03")


def test_money_in_prices_of_another_year_is_converted_to_those_of_the_base_year():
    found = run(rows(IN_PRICES_OF_2024), deflators=DEFLATORS)
    gva = central(found, "gva_present_value", "local")
    assert float(gva["modelled_value"]) == pytest.approx(2_354_575.90 * 0.961117, abs=0.01)
    assert gva["price_base"] == "2023-24"
    assert float(central(found, "programme_cost", "local")["modelled_value"]) == pytest.approx(500_000 * 0.961117)
    same = run(rows())
    for measure in ("net_jobs", "gva_per_public_pound"):
        expected = central(same, measure, "local")["modelled_value"]
        assert float(central(found, measure, "local")["modelled_value"]) == pytest.approx(float(expected), rel=1e-6)
    (switch,) = pick(found["evaluation_switching_value"], assumption_name="gva_per_fte")
    assert float(switch["central_value"]) == pytest.approx(50_000 * 0.961117)
    (stated,) = pick(found["evaluation_assumption"], name="gva_per_fte")
    assert (float(stated["value"]), stated["status"]) == (50_000, "used"), "the register stands as it was stated"
    said = {row["caveat"] for row in pick(found["evaluation_caveat"], spatial_level="local", caveat_key="price_base")}
    assert any("stated in those of 2024-25 and converted at 0.9611" in text and "2026-03" in text for text in said)


@pytest.mark.parametrize(
    ("deflators", "known"),
    [
        (None, "no deflators of financial years are known"),
        (Deflators({2022: Decimal(95), 2023: Decimal(100)}, "2025-06"), "are known for 2022-23 to 2023-24 alone"),
    ],
)
def test_prices_of_a_year_without_a_deflator_are_refused_and_the_file_to_give_is_named(deflators, known):
    refused = central(run(rows(IN_PRICES_OF_2024), deflators=deflators), "gva_present_value", "local")
    assert refused["modelled_value"] is None
    assert "price_base_year is 2024-25, but values are discounted to 2023-24" in refused["missing"]
    assert known in refused["missing"]
    assert "put HM Treasury's newest GDP deflators into inbox/reference" in refused["missing"]


def test_an_evaluation_before_the_guide_stands_as_it_was():
    found = central(run(rows(IN_PRICES_OF_2024), BEFORE, deflators=DEFLATORS), "gva_present_value", "local")
    assert float(found["modelled_value"]) == pytest.approx(2_354_575.90, abs=0.01)
    assert found["price_base"] == "2024-25"


def test_deflators_are_read_from_the_mart():
    with duckdb.connect() as mart:
        assert read_deflators(mart) == Deflators(), "a release of an earlier version has no such table"
        mart.execute(
            "CREATE TABLE ref_gdp_deflator_financial AS SELECT * FROM (VALUES ('2024-25', 100.0000, '2026-03'), "
            "('2023-24', 96.1117, '2026-03')) AS t (financial_year, value, edition)"
        )
        assert read_deflators(mart) == DEFLATORS


def test_a_horizon_beyond_ten_years_is_flagged_with_its_reason():
    (standard,) = run(rows())["evaluation_run"].to_pylist()
    assert (standard["horizon_years"], standard["horizon_flag"]) == (3, None)
    long = rows({"persistence_years": {"value": "12", "rationale": "buildings last"}})
    (flagged,) = run(long)["evaluation_run"].to_pylist()
    assert flagged["horizon_years"] == 12
    assert "ten years" in flagged["horizon_flag"]
    assert flagged["horizon_flag"].endswith("reason for 12: buildings last")


def test_a_horizon_that_is_long_by_later_jobs_is_not_laid_to_how_long_one_lasts():
    later = GrossJobs({2023: 20.0, 2025: 20.0}, 40.0, 95.0, 52, 31, 4)
    ten = rows({"persistence_years": {"value": "10", "rationale": "as is usual"}})
    assert run(ten)["evaluation_run"].to_pylist()[0]["horizon_flag"] is None
    (flagged,) = run(ten, gross=later)["evaluation_run"].to_pylist()
    assert flagged["horizon_years"] == 12
    said = "reason for 12: jobs are created or costs stated after year 0; a job lasts 10 years"
    assert flagged["horizon_flag"].endswith(said)


def test_own_forecast_errors_go_before_generic_haircuts():
    generic = {bar["assumption_name"] for bar in run(rows())["evaluation_sensitivity"].to_pylist()}
    assert {"benefit_haircut_20", "benefit_haircut_40"} <= generic
    own = GrossJobs({2023: 40.0}, 40.0, 95.0, 52, 31, 4, ForecastError(0.3, 6))
    found = run(rows(), gross=own)
    bars = pick(found["evaluation_sensitivity"], measure="gva_present_value", assumption_name=OWN_HAIRCUT)
    assert float(bars[0]["modelled_at_high"]) == pytest.approx(2_354_575.90 * 0.7, abs=0.01)
    assert not {"benefit_haircut_20"} & {bar["assumption_name"] for bar in found["evaluation_sensitivity"].to_pylist()}
    said = {row["caveat_key"]: row["caveat"] for row in found["evaluation_caveat"].to_pylist()}
    assert "jobs stayed 30% behind over 6 quarters" in said["optimism_bias"]


def test_at_its_switching_value_an_assumption_makes_gva_equal_the_cost():
    used = {row.name: row for row in build(rows()).rows}
    table = table_in_force(AFTER)
    found = {switch.name: switch for switch in switching_values({0: 40.0}, used, table, applies_multiplier=True)}
    assert found["deadweight"].value == pytest.approx(1 - 0.55 / 4.7737, abs=1e-4)
    assert found["gva_per_fte"].value == pytest.approx(50_000 / 4.7737, rel=1e-4)
    for name in ("deadweight", "leakage", "displacement", "gva_per_fte", "programme_cost_year_0"):
        changed = {**values(used, "central"), name: found[name].value}
        assert appraise({0: 40.0}, changed, table).measures["gva_less_public_cost"] == pytest.approx(0, abs=0.01)
    assert found["persistence_years"].outcome == "always_above_cost"
    assert found["deadweight"].is_within_range is False
    assert "price_base_year" not in found


def test_a_result_that_no_assumption_turns_says_which_way_it_stays():
    used = {row.name: row for row in build(rows()).rows}
    switches = switching_values({0: 0.0}, used, table_in_force(AFTER), applies_multiplier=True)
    stays = {switch.name: switch.outcome for switch in switches}
    assert stays["deadweight"] == "always_below_cost"


def test_switching_values_are_a_table_of_their_own():
    found = run(rows())["evaluation_switching_value"].to_pylist()
    assert {row["spatial_level"] for row in found} == {"local"}
    assert {row["outcome"] for row in found} == {"switches", "always_above_cost"}


def test_a_new_edition_under_the_same_key_is_in_force_from_its_date(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text(
        RATES.read_text(encoding="utf-8") + "green_book_stpr,0,30,0.030,2027-01-01,Edition of a later day\n"
        "green_book_stpr,31,,0.020,2027-01-01,Edition of a later day\n",
        encoding="utf-8",
    )
    assert table_in_force(date(2026, 12, 31), path).rate(1) == 0.035
    later = table_in_force(date(2027, 1, 1), path)
    assert (later.rate(1), later.rate(40), later.source) == (0.030, 0.020, "Edition of a later day")


def test_an_evaluation_with_a_bad_table_has_no_discounted_figure_and_says_why(tmp_path, monkeypatch):
    path = tmp_path / "rates.csv"
    path.write_text("table_key,from_year,to_year,rate,valid_from,source\nt,1,,0.03,2026-01-01,s\n", encoding="utf-8")
    monkeypatch.setattr("evaluation.gross_to_net.table_in_force", lambda on: table_in_force(on, path))
    found = run(rows())
    assert central(found, "gva_present_value", "local")["modelled_value"] is None
    assert "no rate for the years 0 to 0" in central(found, "gva_present_value", "local")["missing"]
    assert central(found, "net_jobs", "local")["modelled_value"] is not None


def test_an_evaluation_before_the_first_rates_has_no_discounted_figure_and_says_why():
    early = [{**row, "approved_on": "2019-01-01", "valid_from": "2019-01-01"} for row in rows()]
    found = run(early, date(2022, 6, 1))
    for measure in ("gva_present_value", "programme_cost_present_value"):
        figure = central(found, measure, "local")
        assert figure["modelled_value"] is None
        assert "the earliest are from 2023-04-01" in figure["missing"]
    assert float(central(found, "net_jobs", "local")["modelled_value"]) == pytest.approx(18.5625)


def test_rates_under_another_key_are_refused_once_both_are_in_force(tmp_path):
    path = tmp_path / "rates.csv"
    other = "health_stpr,0,,0.015,2027-01-01,Another table\n"
    path.write_text(RATES.read_text(encoding="utf-8") + other, encoding="utf-8")
    assert table_in_force(date(2026, 12, 31), path).rate(1) == 0.035
    with pytest.raises(BadDiscountTable, match="green_book_stpr and health_stpr are in force on 2027-01-01"):
        table_in_force(date(2027, 1, 1), path)


@pytest.mark.parametrize(
    ("bands", "problem"),
    [
        ([("0", "30"), ("30", "")], "overlaps"),
        ([("0", "30"), ("32", "")], "no rate for the years 31 to 31"),
        ([("1", "")], "no rate for the years 0 to 0"),
        ([("0", ""), ("31", "75")], "overlaps"),
    ],
)
def test_bands_that_do_not_follow_one_another_are_refused(tmp_path, bands, problem):
    path = tmp_path / "rates.csv"
    lines = [f"t,{first},{last},0.03,2027-01-01,s" for first, last in bands]
    path.write_text("\n".join(["table_key,from_year,to_year,rate,valid_from,source", *lines]) + "\n", encoding="utf-8")
    with pytest.raises(BadDiscountTable, match=problem):
        table_in_force(date(2027, 1, 1), path)
