"""`wmip trace`: a figure opens to its facts, each to the cell or object it was read from, on a narrow screen too."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime

import duckdb
import pytest

from evaluation.trace import supplementary
from evaluation.trace.facts import BASES, SCOPE_COLUMNS, Figure, facts_of, total, unexplained, value_of
from evaluation.trace.places import OF_FILE, in_words
from orchestration.source_records import find_records
from tests.conftest import wmip


@pytest.fixture(scope="module")
def mart(small_release):
    path = (small_release.path / "releases" / "current" / "mart.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def _trace(home, *words, columns="80"):
    return wmip("trace", *words, "--home", home.path, COLUMNS=columns)


def test_every_figure_of_the_mart_is_the_sum_of_the_facts_it_opens_to(mart):
    """Every indicator, quarter, scope and basis, in every view."""
    assert unexplained(mart) == []
    said = mart.execute("SELECT scope, basis, count(*) FROM indicator_value WHERE value <> 0 GROUP BY ALL").fetchall()
    assert {(scope, basis) for scope, basis, _ in said} == {(s, b) for s in SCOPE_COLUMNS for b in BASES}
    # The command opens one as that finds them all.
    cells = mart.execute(
        "SELECT indicator_key, basis, scope, scope_key, period_key FROM indicator_value WHERE value <> 0 "
        "ORDER BY hash(indicator_key, basis, scope_key, period_key) LIMIT 60"
    ).fetchall()
    for indicator, basis, scope, key, period in cells:
        figure = Figure(indicator, basis, scope, None if scope == "programme" else key, (period,))
        assert total(facts_of(mart, figure)) == value_of(mart, figure) != 0


def test_every_fact_opens_to_what_was_landed_and_to_its_file(mart, small_release):
    by_system = defaultdict(set)
    for system, record in mart.execute("SELECT source_system, source_record_id FROM indicator_fact").fetchall():
        by_system[system].add(record)
    assert len(by_system) > 3
    for system, records in by_system.items():
        found = find_records(small_release.path, system, records, datetime(2025, 5, 18, 2, tzinfo=UTC))
        assert found.keys() == records
        assert all((record.original is not None) == bool(OF_FILE.match(key)) for key, record in found.items())
    # Before anything was read there is nothing to open.
    assert find_records(small_release.path, "returns", by_system["returns"], datetime(2025, 5, 14, tzinfo=UTC)) == {}


def test_every_supplementary_figure_opens_to_units_each_with_its_record(mart, small_release):
    opened = {code: supplementary.units_of(mart, code) for code in supplementary.codes(mart)}
    assert {code for code, units in opened.items() if units} >= {"S0", "S1", "S2", "S3", "S6", "S7", "S9", "S15"}
    for code, units in opened.items():
        assert supplementary.unexplained(mart, code) == []
        by_system = defaultdict(set)
        for unit in units:
            by_system[unit.source_system].add(unit.source_record_id)
        for system, records in by_system.items():
            by = datetime(2025, 5, 18, 2, tzinfo=UTC)
            assert find_records(small_release.path, system, records, by).keys() == records
    shown = _trace(small_release, "s7").stdout
    assert "contracted hours / 30 =" in shown
    assert "x, not available: S8" in _trace(small_release, "S8").stdout
    assert "only --period cuts it" in _trace(small_release, "S7", "--partner", "CB01").stderr


def test_the_cells_a_fact_names_hold_what_it_counts(mart, small_release):
    from python_calamine import CalamineWorkbook

    facts = mart.execute(
        "SELECT source_record_id, exact_claimed_quantity FROM indicator_fact WHERE indicator_key = 'resource_levered'"
    ).fetchall()
    assert len(facts) > 10
    for record, amount in facts:
        of_file = OF_FILE.fullmatch(record)
        sheet, _, cells = of_file[2].rpartition("!")
        original = small_release.path / "originals" / of_file[1]
        rows = CalamineWorkbook.from_path(original).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        row = int("".join(filter(str.isdigit, cells.partition(":")[0])))
        assert str(float(amount)) in {str(cell).replace(",", "").replace("£", "") for cell in rows[row - 1]} | {
            str(float(cell)) for cell in rows[row - 1] if isinstance(cell, int | float)
        }


def test_five_columns_stand_on_a_narrow_screen_and_nothing_is_cut(small_release):
    shown = _trace(small_release, "H7", "--limit", "0")
    assert shown.returncode == 0, shown.stderr
    table = shown.stdout.partition("└")[0].splitlines()
    assert max(map(len, table)) <= 80
    assert [word.strip() for word in table[1].strip("┃").split("┃")] == ["place", "date", "quantity", "grade", "reason"]
    assert "…" not in shown.stdout
    said = " ".join(shown.stdout.split())
    verified = small_release.query(
        "SELECT max(cumulative_value) FROM indicator_value WHERE indicator_key = 'resource_levered' "
        "AND scope = 'programme' AND basis = 'verified'"
    )[0][0]
    assert f": {verified.normalize():,f} GBP, resource_levered verified, whole programme, all quarters" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jobs_creatd"], "no indicator 'jobs_creatd'; did you mean jobs_created?"),
        (["H5", "--period", "2023-24-Q9"], "did you mean 2023-24-Q4? Known are 2023-24-Q1,"),
        (["H5", "--partner", "CB3"], "no cluster body 'CB3'; did you mean CB03? Known are CB01,"),
        (["H5", "--cluster", "aerospce"], "did you mean aerospace?"),
        (["H5", "--area", "E0800002"], "no local authority 'E0800002'"),
        (["H5", "--partner", "CB01", "--area", "E08000025"], "give one of --partner, --cluster, --area"),
        (["H5", "--not-counted", "--basis", "claimed"], "leave --basis and --view away"),
        (["H5", "--as-of", "2020-01-01"], "no release of 2020-01-01 or before is kept; the first that is kept is"),
        (["H5", "--as-of", "today"], "'today' is not a day"),
        (["H5", "--release", "2025-05-15.9"], "no release 2025-05-15.9"),
        (["--fact", "jobs_created:CB03:POST-00000"], "did you mean jobs_created:CB03:POST-"),
        (["--place", "CB01 return.xlsx"], "nothing is known of 'CB01 return.xlsx'; did you mean CB01 return 20"),
        ([], "name one thing"),
    ],
)
def test_what_is_not_there_is_an_error_with_what_is(small_release, words, said):
    refused = _trace(small_release, *words, columns="400")
    assert refused.returncode == 2
    assert said in refused.stderr
    assert refused.stdout == ""


def test_what_does_not_count_says_why_and_adds_up_to_the_claim(small_release):
    rows = json.loads(_trace(small_release, "H5", "--not-counted", "--limit", "0", "--format", "json").stdout)
    assert {row["reason"] for row in rows} >= {"not_new_post", "no_follow_up"}
    counted = json.loads(_trace(small_release, "h5", "--limit", "0", "--format", "json").stdout)
    claimed = small_release.query(
        "SELECT sum(exact_claimed_quantity) FROM indicator_fact WHERE indicator_key = 'jobs_created'"
    )[0][0]
    assert sum(row["exact_quantity"] for row in rows + counted) == pytest.approx(float(claimed))


def test_what_a_program_reads_is_never_the_first_rows_alone(small_release):
    (number,) = small_release.query(
        "SELECT count(*) FROM indicator_fact WHERE indicator_key = 'event_attendees' AND is_counted"
    )[0]
    assert number > 50
    assert len(json.loads(_trace(small_release, "H6", "--format", "json").stdout)) == number
    assert len(json.loads(_trace(small_release, "H6", "--format", "json", "--limit", "7").stdout)) == 7
    assert "The first 50 are shown; --limit 0 shows all." in _trace(small_release, "H6").stdout


def test_what_the_release_does_not_show_is_unknown_and_not_nothing(small_release):
    ((indicator, scope_key, period, reason),) = small_release.query(
        "SELECT indicator_key, scope_key, period_key, quality_reason FROM indicator_value "
        "WHERE exact_value IS NULL AND scope = 'cluster' AND basis = 'verified' ORDER BY ALL LIMIT 1"
    )
    said = _trace(small_release, indicator, "--cluster", scope_key, "--period", period, columns="400").stdout
    assert (
        f"x, not available: {indicator} verified, {scope_key}, {period}. The release does not show it: {reason}" in said
    )
    assert " is 0" not in said


def test_a_fact_opens_to_the_row_as_it_was_landed(small_release):
    ((key, record),) = small_release.query(
        "SELECT fact_key, source_record_id FROM indicator_fact WHERE indicator_key = 'jobs_created' LIMIT 1"
    )
    (row,) = csv.DictReader(_trace(small_release, "--fact", key, "--format", "csv").stdout.splitlines())
    assert row["source_record_id"] == record
    assert row["source.stream"] == "returns/jobs"
    assert row["source.contracted_hours"]
    assert record.startswith(row["source.original"].rpartition("/")[2])


def test_a_place_says_what_became_of_it(small_release):
    ((place, reason),) = small_release.query(
        "SELECT source_place, not_counted_reason FROM indicator_fact WHERE indicator_key = 'jobs_created' "
        "AND not_counted_reason IS NOT NULL ORDER BY 1 LIMIT 1"
    )
    rows = list(csv.DictReader(_trace(small_release, "--place", place, "--format", "csv").stdout.splitlines()))
    assert ("jobs_created", "does not count", reason) in {(row["about"], row["became"], row["reason"]) for row in rows}
    file = place.partition("#")[0]
    whole = list(csv.DictReader(_trace(small_release, "--place", file, "--format", "csv").stdout.splitlines()))
    assert whole[0]["became"] == "was loaded"
    assert {row["place"] for row in rows} < {row["place"] for row in whole}
    ((refused, rule),) = small_release.query(
        "SELECT place, reason_code FROM quarantined_row WHERE source = 'returns' ORDER BY 1 LIMIT 1"
    )
    told = _trace(small_release, "--place", refused, columns="400").stdout
    assert "was refused" in told
    assert rule in told


def test_a_place_in_words():
    sha = "a" * 64
    read = datetime(2025, 5, 16, 2, tzinfo=UTC)
    assert in_words(f"{sha}:Jobs!B6:Q6", "r.xlsx#Jobs!6", read) == "r.xlsx, sheet Jobs, cells B6:Q6"
    assert in_words(f"{sha}:grants!4", "g.xlsx#360G-1") == "g.xlsx, sheet grants, row 4"
    assert in_words(f"{sha}:12", "g.csv#360G-1") == "g.csv, row 12"
    assert in_words(f"{sha}:grants/0", None) == "aaaaaaaaaaaa, grants/0"
    assert in_words("hubspot/meetings/5", "hubspot/meetings/5", read) == "hubspot/meetings/5, read 2025-05-16 02:00 UTC"
