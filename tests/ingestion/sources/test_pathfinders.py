"""Another programme's returns, read by a contract file alone. The workbooks: tests/fixtures/real/pathfinders."""

import random
from functools import cache
from pathlib import Path

import pytest

from ingestion.files.inbox import FileRead
from ingestion.files.workbooks import Workbook
from ingestion.findings import RefusedFile
from ingestion.sources.returns.contract import load_contracts
from ingestion.sources.returns.reader import ReturnReader

ROOT = Path(__file__).parents[3]
PATHFINDERS = ROOT / "tests/fixtures/real/pathfinders"
CONTRACT = ROOT / "ingestion/sources/returns/contracts/pathfinders_r2.yaml"
GOOD, FAILURES, OTHER = (
    f"PF_Round_2_{name}.xlsx" for name in ("Success", "General_Validation_Failures", "Initial_Validation_Failures")
)
ROWS = {
    "pathfinders_covers": 1,
    "pathfinders_answers": 14,
    "pathfinders_portfolio_ratings": 2,
    "pathfinders_project_progress": 9,
    "pathfinders_project_locations": 9,
    # 24 outputs, 37 of Bolton's own, an outcome and eight of its own, each in fourteen columns of time.
    "pathfinders_standard_outputs": 24 * 14,
    "pathfinders_bespoke_outputs": 37 * 14,
    "pathfinders_standard_outcomes": 14,
    "pathfinders_bespoke_outcomes": 8 * 14,
    # Eight kinds of spend in thirteen columns.
    "pathfinders_capital_spend": 8 * 13,
    "pathfinders_revenue_spend": 8 * 13,
    "pathfinders_finance_changes": 1,
    "pathfinders_risks": 5,
}


@cache
def sheets_of(name):
    """The cells of a workbook, its sheets and rows unchanged."""
    book = Workbook(PATHFINDERS / name)
    return {sheet: tuple(tuple(cells) for _, cells in book.rows(sheet)) for sheet in book.sheet_names}


def reader(*templates):
    return ReturnReader(None, FileRead(PATHFINDERS), templates=templates or ["PATHFINDERS"])


def read(sheets):
    return reader().read_sheets(sheets, "r.xlsx", "f" * 64, {})


def test_a_good_return_gives_every_table_with_its_rows_and_no_finding():
    rows, findings = reader().read(PATHFINDERS / GOOD, "f" * 64)
    assert {stream: len(found) for stream, found in rows.items()} == ROWS
    # A drop-down nobody touched stands in a hidden row; nothing else is told.
    assert [finding for finding in findings if finding.severity != "note"] == []
    (cover,) = rows["pathfinders_covers"]
    assert {name: cover[name] for name in ("partner_code", "period_key", "submission_number", "submitted_on")} == {
        "partner_code": "PF-BOL",
        "period_key": "2024-25-Q2",
        "submission_number": "1",
        "submitted_on": "2024-10-24",
    }


def test_values_land_as_they_stand_each_with_its_cell():
    rows, _ = read(sheets_of(GOOD))
    answers = {row["question"]: row["answer"] for row in rows["pathfinders_answers"]}
    assert answers["financial_completion_date"] == "2026-12-31"
    assert answers["current_underspend_gbp"] == "250"
    assert answers["uncommitted_funding_plan"] == "I don't have a plan. I think I'll just wing-it."
    assert {answers[name] for name in ("contact_name", "contact_email", "contact_telephone", "signatory_name")} == {
        "given"
    }, "who it is does not land"
    assert [row["rag_rating"] for row in rows["pathfinders_portfolio_ratings"]] == ["amber_green", "amber"]
    assert rows["pathfinders_project_locations"][2]["postcodes"] == "BB8 9EE, FY6 7YR"
    spend = {
        (row["type_of_spend"], row["period"]): (row["amount_gbp"], row["figure"], row["_source_record"][65:])
        for row in rows["pathfinders_capital_spend"]
    }
    assert spend["committed", "to 2023-24-Q4"] == ("1", "actual", "Finances!C17")
    assert spend["uncommitted", "2024-25-Q3"] == ("4", "forecast", "Finances!G18")
    assert spend["total", "2026-27-Q4"] == ("20", "forecast", "Finances!R24")
    outputs = {
        (row["output"], row["period"]): (row["unit"], row["baseline"], row["amount"])
        for row in rows["pathfinders_standard_outputs"]
    }
    assert outputs["Total length of improved cycle ways", "from 2027-28-Q1"] == ("km", "5.05", "3")
    (change,) = rows["pathfinders_finance_changes"]
    assert (change["amount_gbp"], change["change_period"], change["figure"]) == ("1234567", "2024-25-Q1", "actual")
    risk = rows["pathfinders_risks"][1]
    assert (risk["category"], risk["likelihood_before"], risk["score_before"]) == (
        "Commercial or procurement risks",
        "4",
        "8",
    )


def test_seeded_failures_are_found_at_their_cells_and_the_rest_is_read():
    rows, findings = reader().read(PATHFINDERS / FAILURES, "f" * 64)
    assert [
        (finding.place.rpartition("#")[2].partition("!")[0], finding.cell, finding.reason_code)
        for finding in findings
        if finding.severity == "error"
    ] == [
        ("Admin", "B11", "not_a_date"),
        ("Admin", "B34", "not_a_telephone_number"),
        ("Progress", "E9", "missing"),
        ("Progress", "F26", "missing"),
        ("Project location", "C10", "not_a_postcode"),
        ("Finances", "E17", "not_a_number"),
        ("Finances", "K33", "not_a_number"),
    ]
    less = {
        **dict.fromkeys(("pathfinders_portfolio_ratings", "pathfinders_project_progress"), 1),
        **dict.fromkeys(("pathfinders_project_locations", "pathfinders_capital_spend", "pathfinders_revenue_spend"), 1),
        "pathfinders_answers": 2,
    }
    assert {stream: len(found) for stream, found in rows.items()} == {
        stream: count - less.get(stream, 0) for stream, count in ROWS.items()
    }


def test_another_fund_and_round_is_refused_at_the_cells_that_say_so():
    with pytest.raises(RefusedFile) as refusal:
        reader().read(PATHFINDERS / OTHER, "f" * 64)
    said = str(refusal.value)
    assert "sheet Metadata, cell B2: Fund Name is not Pathfinders (found: Towns Fund)" in said
    assert "sheet Metadata, cell A2: Reporting Round is not 2v2 (found: 2.0)" in said


def test_a_return_of_another_programme_is_told_by_name():
    with pytest.raises(
        RefusedFile, match=r"this is a Pathfinders return, round 2 .*not the Quarterly return of a cluster"
    ):
        reader("WMIP-RETURN").read(PATHFINDERS / GOOD, "f" * 64)


def changed(sheet, change):
    """The good workbook with one sheet changed."""
    sheets = dict(sheets_of(GOOD))
    sheets[sheet] = change(sheets[sheet])
    return sheets


def test_a_tag_that_was_deleted_is_told_of_and_its_table_found_by_its_headings():
    risks = sheets_of(GOOD)["Risks"]
    start = next(at for at, row in enumerate(risks) if "PF-USER_RISKS-START" in row)
    rows, findings = read(changed("Risks", lambda rows: (*rows[:start], *rows[start + 1 :])))
    assert len(rows["pathfinders_risks"]) == 5
    assert [(f.reason_code, f.severity, f.cell) for f in findings if f.severity != "note"] == [
        ("tag_missing", "warning", "B6")
    ]
    rows, findings = read(changed("Risks", lambda rows: rows[:-1]))
    assert len(rows["pathfinders_risks"]) == 5
    assert "PF-USER_RISKS-END is missing" in next(f.message for f in findings if f.reason_code == "tag_missing")


@pytest.mark.parametrize("sheet", ["Outputs", "Outcomes", "Finances"])
@pytest.mark.parametrize("is_cut", [True, False], ids=["row cut", "cell cleared"])
def test_of_two_tables_with_the_same_headings_each_is_found_without_any_one_of_its_tags(sheet, is_cut):
    for at, row in enumerate(sheets_of(GOOD)[sheet]):
        tag = next((cell for cell in row if isinstance(cell, str) and cell.startswith("PF-USER_")), None)
        if tag is None:
            continue
        kept = () if is_cut else (tuple(None if cell == tag else cell for cell in row),)
        rows, findings = read(changed(sheet, lambda rows, at=at, kept=kept: (*rows[:at], *kept, *rows[at + 1 :])))
        assert {stream: len(found) for stream, found in rows.items()} == ROWS, tag
        assert [(f.reason_code, tag in f.message) for f in findings if f.severity != "note"] == [("tag_missing", True)]


def test_tables_are_found_on_a_renamed_sheet_and_wherever_they_moved():
    sheets = {
        ("Money" if name == "Finances" else name): tuple((None, None, *row) for row in ((), (), (), *rows))
        if name == "Finances"
        else rows
        for name, rows in sheets_of(GOOD).items()
    }
    rows, findings = read(sheets)
    assert {stream: len(found) for stream, found in rows.items()} == ROWS
    assert rows["pathfinders_capital_spend"][0]["_source_record"].endswith(":Money!E20")
    assert [finding for finding in findings if finding.severity != "note"] == []


def test_all_that_keeps_a_workbook_from_being_read_is_told_at_once():
    sheets = {name: rows for name, rows in sheets_of(GOOD).items() if name not in ("Risks", "Outcomes")}
    with pytest.raises(RefusedFile) as refusal:
        read(sheets)
    said = str(refusal.value)
    assert all(
        f"PF-USER_{name}-START is missing" in said for name in ("RISKS", "STANDARD-OUTCOMES", "BESPOKE-OUTCOMES")
    )
    with pytest.raises(RefusedFile, match="PF-CONTROL_PROJECT-DETAILS-START is missing, below which stands the list"):
        read({name: rows for name, rows in sheets_of(GOOD).items() if name != "Project Details"})


def test_a_value_that_is_not_in_the_list_of_its_drop_down_is_found_at_its_cell():
    def other(rows):
        return tuple(
            tuple(
                "PF-CAL-001: Somebody else's" if cell == "PF-BOL-002: Bolton Market Upgrades" else cell for cell in row
            )
            for row in rows
        )

    rows, findings = read(changed("Project location", other))
    assert [(f.cell, f.reason_code) for f in findings if f.severity == "error"] == [("B7", "not_listed")]
    assert len(rows["pathfinders_project_locations"]) == 8


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_workbook_is_read_or_refused_and_never_fails(seed):
    draw = random.Random(seed)
    sheets = dict(sheets_of(GOOD))
    for _ in range(draw.randint(1, 4)):
        name = draw.choice(list(sheets))
        sheets = draw.choice(DAMAGES)(draw, sheets, name)
    try:
        rows, findings = read(sheets)
    except RefusedFile as refusal:
        assert "sheet" in str(refusal) or "is not a return" in str(refusal)
        return
    assert set(rows) == set(ROWS)
    assert all(finding.cell or finding.severity != "error" for finding in findings)


def _some(draw, rows):
    at = draw.randrange(max(1, len(rows)))
    return at, at + draw.randint(1, 8)


def _rows_cut(draw, sheets, name):
    first, last = _some(draw, sheets[name])
    return {**sheets, name: (*sheets[name][:first], *sheets[name][last:])}


def _rows_put_in(draw, sheets, name):
    first, _ = _some(draw, sheets[name])
    return {**sheets, name: (*sheets[name][:first], (), ("note", 7), *sheets[name][first:])}


def _columns_cut(draw, sheets, name):
    at = draw.randrange(12)
    return {**sheets, name: tuple((*row[:at], *row[at + 1 :]) for row in sheets[name])}


def _columns_put_in(draw, sheets, name):
    at = draw.randrange(12)
    return {**sheets, name: tuple((*row[:at], None, *row[at:]) for row in sheets[name])}


def _sheet_cut(_draw, sheets, name):
    return {other: rows for other, rows in sheets.items() if other != name or len(sheets) == 1}


def _sheet_renamed(_draw, sheets, name):
    return {(f"{other} (2)" if other == name else other): rows for other, rows in sheets.items()}


def _cells_moved(draw, sheets, name):
    rows = [list(row) for row in sheets[name]]
    filled = [(at, column) for at, row in enumerate(rows) for column, cell in enumerate(row) if cell not in (None, "")]
    for _ in range(5):
        if filled:
            (row, column), (other_row, other_column) = draw.choice(filled), draw.choice(filled)
            rows[row][column], rows[other_row][other_column] = rows[other_row][other_column], rows[row][column]
    return {**sheets, name: tuple(map(tuple, rows))}


def _cells_changed(draw, sheets, name):
    rows = [list(row) for row in sheets[name]]
    for _ in range(10):
        row = draw.choice(rows) if rows else []
        if row:
            row[draw.randrange(len(row))] = draw.choice(
                [None, "", 0, -1.5, True, "x" * 50_000, "#REF!", "n/a", float("inf")]
            )
    return {**sheets, name: tuple(map(tuple, rows))}


DAMAGES = (
    _rows_cut,
    _rows_put_in,
    _columns_cut,
    _columns_put_in,
    _sheet_cut,
    _sheet_renamed,
    _cells_moved,
    _cells_changed,
)


def test_a_new_round_is_a_new_file_and_nothing_else(tmp_path, monkeypatch):
    """The next quarter: other quarters in the headings, one more of them actual, a heading reworded, a column moved."""
    text = CONTRACT.read_text(encoding="utf-8")
    for old, new in (
        ("version: 2\n", "version: 3\n"),
        ("reporting_round: 2v2", "reporting_round: '3'"),
        ("Pathfinders return, round 2", "Pathfinders return, round 3"),
        ("'Q2 2024/25: Jul 2024 - Sep 2024': 2024-25-Q2}}", "'Q3 2024/25: Oct 2024 - Dec 2024': 2024-25-Q3}}"),
        (
            "(Oct to Dec), Forecast], labels: {period: 2024-25-Q3, figure: forecast}",
            "(Oct to Dec), Actual], labels: {period: 2024-25-Q3, figure: actual}",
        ),
        ("heading: Risk name", "heading: Name of the risk"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "pathfinders_r3.yaml").write_text(text, encoding="utf-8")
    (folder / "pathfinders_r2.yaml").write_bytes(CONTRACT.read_bytes())
    monkeypatch.setattr(
        "ingestion.sources.returns.reader.return_contracts", lambda: load_contracts(tmp_path, "contracts/*.yaml")
    )
    words = {
        "2v2": 3,
        "Q2 2024/25: Jul 2024 - Sep 2024": "Q3 2024/25: Oct 2024 - Dec 2024",
        "Risk name": "Name of the risk",
    }
    third = {
        name: tuple(tuple(words.get(cell, cell) if isinstance(cell, str) else cell for cell in row) for row in rows)
        for name, rows in sheets_of(GOOD).items()
    }
    columns = {"Outputs": (9,), "Outcomes": (9,), "Finances": (6,)}
    for name, at in columns.items():
        third[name] = tuple(
            tuple("Actual" if cell == "Forecast" and column in at else cell for column, cell in enumerate(row))
            for row in third[name]
        )
    rows, findings = read(third)
    assert {stream: len(found) for stream, found in rows.items()} == ROWS
    assert [finding for finding in findings if finding.severity == "error"] == []
    assert rows["pathfinders_covers"][0]["period_key"] == "2024-25-Q3"
    assert {row["figure"] for row in rows["pathfinders_capital_spend"] if row["period"] == "2024-25-Q3"} == {"actual"}
    # The round before is read beside it, and each is told from the other by its cover.
    rows, _ = read(sheets_of(GOOD))
    assert rows["pathfinders_covers"][0]["period_key"] == "2024-25-Q2"
