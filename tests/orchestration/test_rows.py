"""Rows on the screen and in files: whole figures, texts as they are, whatever the width."""

from __future__ import annotations

import json

import duckdb
import pytest
from rich.console import Console
from rich.markup import escape

from orchestration.cli import rows
from orchestration.cli.options import Format, console, errors, folder_to_write, whole_table
from orchestration.cli.rows import require_outside, write_relation
from orchestration.errors import UserError

QUERY = "SELECT 1234567.8900::DECIMAL(18, 4) AS value, ':x: [b]a|b' AS note, DATE '2024-05-06' AS day, NULL AS nothing"


@pytest.fixture
def at_width(monkeypatch):
    def set_width(width):
        monkeypatch.setattr(rows, "console", Console(width=width))

    return set_width


def shown(capsys, query, output=Format.table, file=None):
    with duckdb.connect() as connection:
        write_relation(connection.sql(query), output, file)
    return capsys.readouterr()


def test_a_table_shows_texts_as_they_are(capsys, at_width):
    at_width(80)
    said = shown(capsys, QUERY).out
    assert ":x: [b]a|b" in said
    assert "1234567.8900" in said


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 140])
def test_no_figure_or_day_is_cut_at_any_width(capsys, at_width, width):
    at_width(width)
    columns = ", ".join(f"{value}::DECIMAL(18, 4) AS column_{value}" for value in range(1234567, 1234571))
    said = shown(capsys, f"SELECT {columns}, DATE '2024-05-06' AS day, 'a text of some length' AS what").out
    for whole in (*(f"{value}.0000" for value in range(1234567, 1234571)), "2024-05-06"):
        assert whole in said


def test_what_is_too_wide_for_the_screen_stands_as_records_and_says_so(capsys, at_width):
    at_width(40)
    said = shown(capsys, QUERY)
    assert said.out.splitlines() == [
        "row 1",
        "  value    1234567.8900",
        "  note     :x: [b]a|b",
        "  day      2024-05-06",
        "  nothing",
    ]
    assert "--format csv" in " ".join(said.err.split())


def test_markdown_keeps_its_columns(capsys):
    assert shown(capsys, QUERY, Format.markdown).out.splitlines() == [
        "| value | note | day | nothing |",
        "| --- | --- | --- | --- |",
        "| 1234567.8900 | :x: [b]a\\|b | 2024-05-06 |  |",
    ]


def test_json_has_numbers_dates_and_nulls(capsys):
    assert json.loads(shown(capsys, QUERY, Format.json).out) == [
        {"value": 1234567.89, "note": ":x: [b]a|b", "day": "2024-05-06", "nothing": None}
    ]


@pytest.mark.parametrize("output", [Format.csv, Format.json, Format.markdown, Format.line, Format.parquet])
def test_a_file_is_written_and_its_place_is_said(capsys, tmp_path, output):
    file = tmp_path / "rows.out"
    said = shown(capsys, QUERY, output, file)
    assert said.out == ""
    assert "(1 row)" in said.err
    assert file.stat().st_size > 0


def test_nothing_is_written_into_a_home(tmp_path):
    for folder in ("releases/current", "registry"):
        (tmp_path / "home" / folder).mkdir(parents=True)
    require_outside(tmp_path / "home", tmp_path / "rows.csv")
    require_outside(tmp_path / "home", None)
    for file in ("releases/current/mart.duckdb", "rows.csv", "../home/registry/x.parquet"):
        with pytest.raises(UserError, match="is in the home"):
            require_outside(tmp_path / "home", tmp_path / "home" / file)


@pytest.mark.parametrize("place", [".", "missing/rows.csv", "file/rows.csv"])
def test_a_file_that_cannot_be_written_is_said_before_anything_is_asked(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="no file that can be written; name a file in a folder that is there"):
        require_outside(tmp_path / "home", tmp_path / place)


@pytest.mark.parametrize(
    ("place", "said"),
    [("file", "is a file"), ("file/below", "file is a file"), ("home/releases/1/x", "is inside a release")],
)
def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, place, said):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=said):
        folder_to_write(tmp_path / "home", tmp_path / place)
    assert folder_to_write(tmp_path / "home", tmp_path / "new" / "one") == tmp_path / "new" / "one"


@pytest.mark.parametrize(("output", "has_file"), [(Format.table, True), (Format.parquet, False)])
def test_a_format_that_cannot_go_there_is_refused(capsys, tmp_path, output, has_file):
    with pytest.raises(UserError, match=r"--output|csv"):
        shown(capsys, QUERY, output, tmp_path / "x" if has_file else None)


@pytest.mark.parametrize("where", [console, errors])
def test_no_command_makes_an_emoji_of_data(where):
    with where.capture() as shown:
        table = whole_table(None, "File")
        table.add_row(":x:.xlsx")
        where.print(table, ":warning: b", escape(":x:"))
    assert [shown.get().count(text) for text in (":x:", ":warning:")] == [2, 1]
