"""Registers: every wrong cell named, nothing used that is not approved, dated and right."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest
import yaml

from evaluation.assumptions import select
from evaluation.register_files import UnreadableRegister, empty_register, read_register
from evaluation.vocabulary import ALLOWED, vocabulary
from tests.evaluation.registers import build, csv_text, rows

ON = date(2025, 6, 1)


@pytest.mark.parametrize(
    ("name", "cell", "said"),
    [
        ("deadweight", {"value": "45"}, "row 2, column value: 45 is not a share from 0 to 1; write 0.45 for 45%"),
        ("deadweight", {"low": "0.5"}, "column low: low 0.5, value 0.45 and high 0.60 must stand in this order"),
        ("deadweight", {"high": "0.4"}, "column high: low 0.30, value 0.45 and high 0.4 must stand in this order"),
        ("deadweight", {"low": ""}, "column low: low and high go together"),
        ("deadweight", {"unit": "percent"}, "column unit: deadweight is stated in 'share', not in 'percent'"),
        ("deadweight", {"value": "about half"}, "column value: input should be a valid decimal (found 'about half')"),
        ("deadweight", {"source": ""}, "column source: is empty; it is needed"),
        ("deadweight", {"quality_rag": "brown"}, "column quality_rag: input should be 'green', 'amber' or 'red'"),
        ("deadweight", {"owner": "jo@example.org"}, "column owner: holds an e-mail address; write the role"),
        ("deadweight", {"valid_to": "2024-01-01"}, "column valid_to: 2024-01-01 lies before valid_from"),
        ("deadweight", {"value": "NaN"}, "column value"),
        ("leakage", {"spatial_level": "all"}, "column spatial_level: leakage depends on the area"),
        ("multiplier", {"value": "0.9", "low": "", "high": ""}, "column value: 0.9 is below 1"),
        ("multiplier", {"spatial_level": "uk"}, "column spatial_level: multiplier is not used at level uk"),
        ("persistence_years", {"value": "2.5"}, "column value: 2.5 is not a whole number of years"),
        ("price_base_year", {"value": "24"}, "column value: 24 is not a year"),
        ("price_base_year", {"low": "2023", "high": "2024"}, "column low: price_base_year has no range"),
        ("programme_cost_year_1", {"value": "-5"}, "column value: -5 is negative"),
        ("gva_per_fte", {"name": "gva_per_head"}, "column name: 'gva_per_head' is not a name of an assumption"),
        ("gva_per_fte", {"quality_rag": "red", "impact_rag": "red"}, "column low: red quality with red impact needs"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_and_its_row_not_used(name, cell, said):
    found = build(rows({name: cell}))
    assert [problem for problem in map(str, found.problems) if said in problem], list(map(str, found.problems))
    assert name not in {row.name for row in found.rows}


def test_every_wrong_cell_of_a_row_is_named():
    found = build(rows({"deadweight": {"version": "x", "value": "y", "rationale": ""}}))
    assert sorted(problem.column for problem in found.problems) == ["rationale", "value", "version"]


def test_the_same_id_and_version_twice_is_a_problem():
    found = build([*rows(), rows()[0]])
    assert [str(problem) for problem in found.problems] == [
        "row 14, column version: id A01 version 1 stands in row 2 already"
    ]


def test_the_hash_follows_content_not_layout():
    plain = build(rows())
    assert build(list(reversed(rows({"deadweight": {"value": " 0.450 "}})))).sha256 == plain.sha256
    assert build(rows({"deadweight": {"value": "0.46"}})).sha256 != plain.sha256
    assert build(rows({"deadweight": {"version": "3"}})).version == 3


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"approved_by": ""}, "is not approved"),
        ({"approved_on": ""}, "is not approved"),
        ({"approved_on": "2025-06-02"}, "is approved only from 2025-06-02"),
        ({"valid_from": "2025-06-02"}, "is valid only from 2025-06-02"),
        ({"valid_to": "2025-05-31"}, "expired on 2025-05-31"),
    ],
)
def test_what_is_not_approved_or_not_valid_is_not_used(cells, why):
    chosen = select(build(rows({"deadweight": cells})), "local", ON)
    assert why in chosen.missing({"deadweight"})["deadweight"]
    assert not chosen.missing({"leakage"})


def test_the_last_day_counts():
    dated = {"valid_from": "01/06/2025", "valid_to": "01/06/2025", "approved_on": "01/06/2025"}
    assert "deadweight" in select(build(rows({"deadweight": dated})), "local", ON).used


def test_the_newest_version_goes_first_and_a_withdrawn_approval_is_not_undone_by_an_older_one():
    later = {**rows()[0], "version": "2", "value": "0.5"}
    assert select(build([*rows(), later]), "local", ON).used["deadweight"].version == 2
    unapproved = {**later, "approved_by": "", "approved_on": ""}
    assert "is not approved" in select(build([*rows(), unapproved]), "local", ON).missing({"deadweight"})["deadweight"]


def test_a_row_of_the_level_goes_before_one_for_all():
    regional = {**rows()[0], "id": "A99", "spatial_level": "regional", "value": "0.5"}
    found = build([*rows(), regional])
    assert select(found, "regional", ON).used["deadweight"].id == "A99"
    assert select(found, "local", ON).used["deadweight"].id == "A01"


def test_files_in_csv_and_yaml_say_the_same(tmp_path):
    (tmp_path / "board.csv").write_text(csv_text(rows()), encoding="utf-8")
    (tmp_path / "other.yaml").write_text(yaml.safe_dump([{**r, "assumption_set": "board"} for r in rows()]))
    (from_csv,), (from_yaml,) = (read_register(tmp_path / name) for name in ("board.csv", "other.yaml"))
    assert from_csv.key == "board"
    assert from_csv.sha256 == from_yaml.sha256


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "column id, version, name"),
        ("id,version\nA,1\n", "column name, value, unit"),
        ("id,colour\n", "unknown column colour"),
        (csv_text(rows())[: csv_text(rows()).index("\n") + 1], "holds no assumption"),
        (csv_text(rows()) + "a," * 30 + "\n", "row 14 has 31 cells under 18 headings"),
        (csv_text(rows({"decay": {"value": "2"}, "leakage": {"value": "x"}})), "2 cell(s) to put right"),
    ],
)
def test_a_file_that_is_no_register_is_refused_with_its_place(tmp_path, content, said):
    path = tmp_path / "assumptions.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableRegister) as refusal:
        read_register(path)
    assert str(path) in str(refusal.value)
    assert said in str(refusal.value)


def test_no_file_and_no_yaml(tmp_path):
    with pytest.raises(UnreadableRegister, match="no such file"):
        read_register(tmp_path / "nothing.csv")
    (tmp_path / "a.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(UnreadableRegister, match="not valid YAML"):
        read_register(tmp_path / "a.yaml")


def test_the_template_names_everything_and_states_no_value(tmp_path):
    path = tmp_path / "assumptions.csv"
    path.write_text(empty_register(), encoding="utf-8")
    with pytest.raises(UnreadableRegister, match="no row has a value yet"):
        read_register(path)
    lines = empty_register().splitlines()
    assert [line.split(",")[3] for line in lines[1:]] == list(vocabulary())


@pytest.mark.parametrize("name", vocabulary().values(), ids=vocabulary())
def test_the_template_lists_the_values_that_are_allowed(name):
    row = next(row for row in csv.DictReader(io.StringIO(empty_register())) if row["name"] == name.name)
    assert row["quality_rag"] == row["impact_rag"] == "green, amber, red"
    assert f"Value: {ALLOWED[name.kind]}." in row["rationale"]
    told = re.search(r"Level: ([\w, ]+)\.", row["rationale"])[1].split(", ")
    one = {"deadweight": {"name": name.name, "unit": name.unit, "value": "2020", "low": "", "high": ""}}
    taken = [
        level
        for level in ("local", "regional", "uk", "all")
        if not any(p.column == "spatial_level" for p in build(rows(one, spatial_level=level)).problems if p.row == 2)
    ]
    assert told == taken
