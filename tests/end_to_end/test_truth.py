"""The mart against the sandbox's known truth."""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest

from evaluation.trace.facts import unexplained
from orchestration.source_records import find_records
from tests.conftest import SMALL, Home
from tests.end_to_end.truth import BY_IDENTITY, compare, count_again_with_true_organisations


@pytest.fixture(
    params=[
        pytest.param((1, SMALL), marks=pytest.mark.xdist_group("small_release")),
        *(
            pytest.param((seed, 1), marks=[pytest.mark.xdist_group(f"seed{seed}"), pytest.mark.slow])
            for seed in (1, 2, 3)
        ),
    ],
    ids=lambda of: f"seed{of[0]}_scale{of[1]:g}",
)
def home(request, demo_home) -> Home:
    """A small programme, which other tests look at too; `make test-slow` has whole ones."""
    seed, scale = request.param
    return demo_home(seed, scale)


def _compared(warehouse, truth):
    with duckdb.connect(str(warehouse), read_only=True) as mart:
        comparison = compare(mart, truth)
    assert comparison.cells == 7 * 8 * 12 * 2, "indicators, quarters, programme and bodies, claimed and verified"
    return comparison


def test_every_cell_equals_the_truth_or_is_explained_by_organisation(home):
    comparison = _compared(home.path / "warehouse.duckdb", home.truth)
    assert not comparison.unexplained, "\n".join(map(str, comparison.unexplained))
    for difference in comparison.differences:
        indicator, *_, basis = difference.cell
        assert indicator in BY_IDENTITY, difference
        assert basis == "verified", difference


def test_with_the_true_organisations_nothing_is_left_but_what_no_record_says(home, tmp_path):
    again = _compared(count_again_with_true_organisations(home.path, home.truth, tmp_path / "true"), home.truth)
    assert not again.unexplained, "\n".join(map(str, again.unexplained))
    assert all("no record of it says" in reason for item in again.differences for reason in item.because)


def test_every_figure_opens_to_facts_that_add_up_to_it_and_every_fact_to_its_source(home):
    mart = (home.path / "releases" / "current" / "mart.duckdb").resolve()
    with duckdb.connect(str(mart), read_only=True) as connection:
        assert unexplained(connection) == []
        ((by,),) = connection.execute("SELECT data_as_of FROM release_info").fetchall()
        facts = connection.execute(
            "SELECT source_system, list(DISTINCT source_record_id) FROM indicator_fact GROUP BY 1"
        ).fetchall()
    for system, records in facts:
        assert find_records(home.path, system, records, by).keys() == set(records)


@pytest.mark.parametrize("change", ["claimed", "verified"])
def test_a_wrong_cell_is_found_and_not_explained(home, change):
    """The comparison can fail: an organisation that nobody mistook, counted once more."""
    truth = home.truth
    wrong = next(row for row in truth["indicator_value"] if row["basis"] == change and row["value"] > 0)
    wrong["value"] += 1
    unexplained = _compared(home.path / "warehouse.duckdb", truth).unexplained
    assert [item.cell[0] for item in unexplained] == [wrong["indicator_key"]]


def test_every_planted_bad_row_is_in_quarantine_with_its_place_and_no_good_row_is(home):
    planted = {(row["source"], row["stream"], row["place"]) for row in home.truth["quarantine"]}
    found = set(home.query("SELECT DISTINCT source, stream, place FROM quarantined_row"))
    assert planted
    assert found == planted


def test_planted_bad_files_are_refused_and_kept(home):
    planted = {row["file_name"] for row in home.truth["refused_file"]}
    refused = home.query("SELECT file_name, file_sha256 FROM inbox_file WHERE status = 'refused'")
    assert {name for name, _ in refused} == planted
    assert all((home.path / "originals" / sha).exists() for _, sha in refused)


def test_the_true_organisations_are_mostly_found(home):
    """Pairwise recall and precision of the exact rules; a probabilistic matcher will have to beat them."""
    truth = {(r["source_system"], r["source_record_id"]): r["organisation"] for r in home.truth["organisation"]}
    keys = {
        (system, record): key
        for system, record, key in home.query(
            "SELECT source_system, source_record_id, organisation_key FROM bridge_organisation_record"
        )
    }
    assert truth.keys() <= keys.keys()
    pairs: dict[str, set[str]] = {}
    for record, organisation in truth.items():
        pairs.setdefault(keys[record], set()).add(organisation)
    wrongly_joined = sum(len(found) > 1 for found in pairs.values())
    assert wrongly_joined <= 0.01 * len(pairs)


def _strings(relation: duckdb.DuckDBPyRelation) -> set[str]:
    """Every value of a table as text, each once."""
    return {
        str(value)
        for column in relation.columns
        for (value,) in relation.project(f'"{column}"').distinct().fetchall()
        if value is not None
    }


def _text_of(path: Path) -> set[str]:
    """Everything a file says, whatever it is packed in."""
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            return set().union(*(_strings(connection.table(name)) for (name,) in tables))
    if path.suffix == ".parquet":
        return _strings(duckdb.read_parquet(str(path)))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            return {packed.read(name).decode("utf-8", "replace") for name in packed.namelist()}
    return {path.read_bytes().decode("utf-8", "replace")}


def test_the_truth_lies_within_the_identity_interval(home):
    found = home.query(
        "SELECT indicator_key, lower_value, upper_value FROM indicator_identity "
        "QUALIFY period_key = max(period_key) OVER () ORDER BY 1"
    )
    assert [indicator for indicator, _, _ in found] == ["businesses_assisted", "new_collaborations"]
    for indicator, lower, upper in found:
        true = sum(
            row["value"]
            for row in home.truth["indicator_value"]
            if (row["indicator_key"], row["scope"], row["basis"]) == (indicator, "programme", "verified")
        )
        assert lower <= true <= upper, indicator


def test_no_planted_person_can_be_found_in_any_file_of_the_release(home):
    planted = {
        str(value).lower()
        for person in home.truth["people"]
        for value in person.values()
        if value and len(str(value)) > 5
    }
    assert len(planted) > 1000
    files = [path for path in (home.path / "releases" / "current").resolve().rglob("*") if path.is_file()]
    assert {".duckdb", ".parquet", ".json"} <= {path.suffix for path in files}
    text = "\n".join(sorted(set().union(*map(_text_of, files)))).lower()
    assert "pilots_funded" in text
    found = [value for value in planted if value in text]
    assert not found, f"{len(found)} planted values are in the release"
