"""Rows of a query on the screen or in a file. No value is ever cut: what does not fit stands as records."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from evaluation.spreadsheets import write_csv
from orchestration.cli.options import Format, console, errors, file_to_write
from orchestration.errors import UserError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from rich.table import Table

# Below this many characters a column of text is read letter by letter.
_NARROWEST_TEXT = 12
# What a table draws beside each column: a blank on either side, and a line.
_FRAME = 3


def require_outside(home: Path, file: Path | None) -> None:
    """Raise UserError for a file that cannot be written, or one in the home: what stands there is the night's, and
    releases are never rewritten.
    """
    if file is not None and file_to_write(file).is_relative_to(home):
        raise UserError(f"{file} is in the home, where the night keeps its own files; give --output a file elsewhere")


def write_relation(relation: duckdb.DuckDBPyRelation, output: Format, file: Path | None) -> None:
    """Show the rows of a query, or write them to a file and say where. Raises UserError as `write_rows` does."""
    if output is Format.parquet and file is not None:
        # The connection the query ran on can write nothing.
        _write_parquet(relation.to_arrow_table(), file)
    else:
        write_rows(relation.columns, relation.fetchall(), output, file)


def write_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], output: Format, file: Path | None) -> None:
    """Show rows, or write them to a file and say where. Raises UserError for a format that needs a file or has none."""
    if file is None:
        if output is Format.parquet:
            raise UserError("--format parquet needs --output FILE")
        if output is Format.table:
            show(columns, rows)
        else:
            typer.echo(_text(columns, rows, output), nl=False)
        return
    if output is Format.table:
        raise UserError("--format table goes to the screen; use csv, json, markdown or parquet with --output")
    if output is Format.parquet:
        import pyarrow as pa

        _write_parquet(pa.table({name: [row[at] for row in rows] for at, name in enumerate(columns)}), file)
        return
    file.write_text(_text(columns, rows, output), encoding="utf-8")
    _say_written(file, len(rows))


def _write_parquet(table: pa.Table, file: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, file, compression="zstd")
    _say_written(file, table.num_rows)


def _say_written(file: Path, count: int) -> None:
    said = f"Written: {file} ({count:,} row{'' if count == 1 else 's'})"
    errors.print(said, highlight=False, markup=False, soft_wrap=True)


def show(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table, or, where the screen is too narrow for one, each row as a record."""
    table = _table(columns, rows)
    if table is None:
        errors.print(
            f"{len(columns)} columns are too wide for {console.width} characters and stand as records; "
            "--format csv, json or markdown gives them as they are.",
            style="dim",
            highlight=False,
        )
        typer.echo(_records(columns, rows), nl=False)
    else:
        console.print(table)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table | None:
    from rich.table import Table
    from rich.text import Text

    cells = [[_cell(value) for value in row] for row in rows]
    table, width = Table(), 1
    for index, name in enumerate(columns):
        values = [row[index] for row in rows if row[index] is not None]
        is_text = any(isinstance(value, str) for value in values)
        widest = max((len(row[index]) for row in cells), default=0)
        # Texts and headings break at blanks and, if need be, anywhere; figures and days stay whole.
        width += _FRAME + (min(max(widest, len(name)), _NARROWEST_TEXT) if is_text else max(widest, min(len(name), 8)))
        table.add_column(
            Text(name), justify="left" if is_text or not values else "right", overflow="fold", no_wrap=not is_text
        )
        if not is_text:
            table.columns[-1].min_width = widest
    if width > console.width:
        return None
    for row in cells:
        # Text, not markup: `:x:` in data is no emoji and `[b]` no style.
        table.add_row(*map(Text, row))
    return table


def _text(columns: Sequence[str], rows: Sequence[Sequence[Any]], output: Format) -> str:
    if output is Format.csv:
        text = io.StringIO()
        write_csv(text, columns, rows)
        return text.getvalue()
    if output is Format.json:
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        return json.dumps(records, indent=2, ensure_ascii=False, default=_as_json) + "\n"
    return _markdown(columns, rows) if output is Format.markdown else _records(columns, rows)


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *([_cell(value) for value in row] for row in rows)]
    return "".join("| " + " | ".join(_one_line(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _records(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    indent = max(map(len, columns), default=0)
    lines = []
    for number, row in enumerate(rows, 1):
        lines.append(f"row {number}")
        lines += [
            f"  {name:<{indent}}  {_one_line(_cell(value))}".rstrip() for name, value in zip(columns, row, strict=True)
        ]
    return "".join(line + "\n" for line in lines)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
