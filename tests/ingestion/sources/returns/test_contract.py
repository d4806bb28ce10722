"""Return contracts: what a file may say, what of it is refused and where, and what is made of several versions."""

import re
import shutil
from decimal import Decimal

import pytest

from ingestion.catalogue import return_contract, return_contracts
from ingestion.declaration import FOLDER, InvalidDeclaration
from ingestion.sources.returns.contract import differences, load_contracts, streams_of

FIRST = """\
template: THING-RETURN
version: 1
programme: THINGS
title: Return of things
tags: {start: 'T-{table}-START', end: 'T-{table}-END'}
cover:
  sheet: Cover
  must_be: {template: THING-RETURN}
  constants: {submission_number: '1', submitted_on: ''}
  fields:
  - {name: template, heading: Template, required: true}
  - {name: partner_code, heading: Body, required: true, stands: below, sheet: Admin, table: BODY}
  - {name: period_key, heading: Period, kind: period, required: true}
lists:
  project: {sheet: Lists, table: PROJECTS, heading: Full name, tags: {start: 'C-{table}-START', end: 'C-{table}-END'}}
tables:
- table: OUTPUTS
  sheet: Outputs
  stream: outputs
  description: 'Outputs over time. Grain: a project and quarter.'
  heading_rows: 2
  reference: [project]
  columns:
  - {name: project, heading: Project, required: true, allowed_from: project}
  - {name: theme, heading: Theme, kind: choice, allowed: {Roads: roads, Rail: rail}}
  - {name: length, heading: Length, kind: number, unit: km, minimum: 0.1, maximum: 100, expected_to: 50,
     required_when: {theme: roads}}
  spread:
    labels: [{name: quarter}, {name: state, heading_row: 2, allowed: {Actual: actual, Forecast: forecast}}]
    columns:
    - {headings: [Apr to Jun, ''], labels: {quarter: Q1}}
    - {headings: [Jul to Sep, ''], labels: {quarter: Q2}}
    value: {name: amount, heading: Amount, kind: number, minimum: 0}
rules:
- {id: enough, text: Too little, severity: warning, dimension: accuracy, remedy: More, owner: office,
   at: {OUTPUTS: [amount]}, check: always}
"""


@pytest.fixture
def loaded(tmp_path):
    """Contracts of a folder with these files."""

    def loaded(*texts):
        folder = tmp_path / f"things{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"c{number}.yaml").write_text(text, encoding="utf-8")
        return load_contracts(folder, "*.yaml")

    return loaded


def test_what_another_programme_asks_is_a_file(loaded):
    (contract,) = loaded(FIRST)
    table = contract.table("OUTPUTS")
    assert (contract.tags.starts("OUTPUTS"), contract.tags.ends("OUTPUTS")) == ("T-OUTPUTS-START", "T-OUTPUTS-END")
    assert table.landed == ("project", "theme", "length", "quarter", "state", "amount")
    assert table.column("length").cell.minimum == Decimal("0.1"), "as it is written, not as a float"
    covers, outputs = streams_of([contract])
    assert covers.name == "covers"
    assert outputs.columns[-7:] == (*table.landed, "not_given")


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("required_when", "required_wen", r"c0.yaml line \d+: tables.1.columns.3.required_wen: .*mean required_when"),
        ("kind: choice", "kind: chioce", r"line 25: tables.1.columns.2.kind: unknown kind chioce; did you mean choice"),
        ("unit: km, minimum: 0.1", "unit: km, minimum: 101", "line 26: .*minimum is more than maximum"),
        ("{theme: roads}", "{thme: roads}", "line 17: tables.1: unknown length: column thme; did you mean theme"),
        ("{theme: roads}", "{theme: raods}", "unknown length: value of theme raods; did you mean roads"),
        ("reference: [project]", "reference: [projct]", "unknown column projct; did you mean project"),
        ("allowed_from: project", "allowed_from: projects", "unknown OUTPUTS: list projects; did you mean project"),
        ("heading: Theme", "heading: 'PROJECT *'", "the heading project stands 2 times"),
        ("must_be: {template", "must_be: {templte", "unknown field templte; did you mean template"),
        ("submission_number: '1', ", "", "submission_number: a field or a constant is missing"),
        ("OUTPUTS: [amount]", "OUTPUTS: [amont]", "unknown enough: column amont; did you mean amount"),
        ("end: 'T-{table}-END'", "end: 'T-END'", "hold {table}"),
        ("''], labels: {quarter: Q1}", "'']", "its labels are quarter"),
        ("kind: choice, allowed: {Roads: roads, Rail: rail}", "kind: choice", "kind choice has `allowed`"),
        ("heading: Project, ", "heading: Project, minimum: 1, ", "minimum is for numbers, not for kind text"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_its_line_and_what_was_meant(loaded, written, instead, said):
    assert written in FIRST
    with pytest.raises(InvalidDeclaration) as refused:
        loaded(FIRST.replace(written, instead))
    assert re.search(said, str(refused.value)), refused.value


SECOND = (
    FIRST.replace("version: 1", "version: 2")
    .replace("cover:\n", "changes: [The road's name is asked.]\ncover:\n", 1)
    .replace("'Outputs over time.", "'Outputs by quarter.")
    .replace("  - {name: theme,", "  - {name: road, heading: Road, kind: open_text}\n  - {name: theme,")
    .replace("maximum: 100", "maximum: 200")
)


def test_versions_land_side_by_side_as_the_newest_describes(loaded):
    older, newer = loaded(SECOND, FIRST)
    assert (older.version, newer.version) == (1, 2)
    outputs = streams_of([older, newer])[1]
    assert set(outputs.columns) >= {*older.tables[0].landed, "road"}
    assert outputs.description.startswith("Outputs by quarter")
    assert outputs.texts == {"road": "open_text"}
    assert list(differences(older, newer)) == [
        "table OUTPUTS: column Road is new",
        "table OUTPUTS: column Length differs in maximum",
    ]


def test_a_version_says_what_it_changes_and_stands_once(loaded):
    with pytest.raises(InvalidDeclaration, match="changes: what is other"):
        loaded(FIRST.replace("version: 1", "version: 2"))
    with pytest.raises(InvalidDeclaration, match="two contracts are THING-RETURN version 1"):
        loaded(FIRST, FIRST)
    with pytest.raises(InvalidDeclaration, match="there is no"):
        loaded()


def test_the_return_that_is_written_is_the_newest_and_its_cover_says_so():
    newest = return_contract()
    assert newest.version == max(c.version for c in return_contracts() if c.template == newest.template)
    for contract in return_contracts():
        if contract.template == newest.template:
            assert contract.cover.must_be["template_version"] == str(contract.version)


def test_headings_of_the_programmes_return_carry_no_calendar_dates():
    dated = re.compile(r"\b(19|20)\d\d|\bQ[1-4]\b|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.I)
    for contract in return_contracts():
        if contract.template == return_contract().template:
            headings = [column.heading for table in contract.tables for column in table.columns]
            assert [heading for heading in headings if dated.search(heading)] == []


def test_a_new_round_is_a_copied_file_with_what_changed(tmp_path):
    """The walk of docs/sources/returns.md: earlier rules hold on, and the comparison tells the rest."""
    folder = tmp_path / "returns"
    shutil.copytree(FOLDER / "returns" / "contracts", folder / "contracts")
    newest = return_contract()
    text = (folder / "contracts" / f"wmip_return_v{newest.version}.yaml").read_text(encoding="utf-8")
    number = newest.version + 1
    text = text.replace(f"version: {newest.version}\nprogramme", f"version: {number}\nprogramme")
    text = text.replace(f"template_version: '{newest.version}'", f"template_version: '{number}'")
    text = re.sub(r"rules_as_of: \{.*\}", f"rules_as_of: {{version: {newest.version}}}", text)
    asked = "  - {name: founded_on, heading: Founded on, kind: date}\n  - {name: sole_trader,"
    text = text.replace("  - {name: sole_trader,", asked, 1)
    (folder / "contracts" / "next.yaml").write_text(text, encoding="utf-8")
    contracts = load_contracts(folder, "contracts/*.yaml")
    made = next(one for one in contracts if one.template == newest.template and one.version == number)
    assert list(differences(newest, made)) == ["table BUSINESSES: column Founded on is new"]
    assert {rule.id for rule in made.rules} == {rule.id for rule in newest.rules}
    streams = {stream.name: stream for stream in streams_of(contracts)}
    assert "founded_on" in streams["businesses"].columns
    assert streams["businesses"].types["founded_on"] == "date"
    wrong = text.replace(f"rules_as_of: {{version: {newest.version}}}", "rules_as_of: {version: 77}")
    (folder / "contracts" / "next.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(InvalidDeclaration, match="there is no earlier version 77"):
        load_contracts(folder, "contracts/*.[y]aml")
