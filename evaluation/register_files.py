"""Assumption registers as files: read a CSV or YAML register, write an empty one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from common.yamlfile import YamlFile
from evaluation.assumptions import COLUMNS, AssumptionSet, Rag, build_sets
from evaluation.spreadsheets import write_csv
from evaluation.vocabulary import ALLOWED, EVERY_LEVEL, vocabulary

_OPTIONAL_COLUMNS = {
    *("assumption_set", "low", "high", "approved_by", "approved_on", "valid_to", "review_by"),
    *("exception_evidence", "signed_off_by"),
}


class UnreadableRegister(ValueError):
    """The file is no register; the message says where, what, and what to do."""


def read_register(path: Path) -> list[AssumptionSet]:
    """The sets of a register file; rows that name no set belong to one named after the file.

    Raises UnreadableRegister for a file that is none, or that has any wrong cell (all of them listed).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UnreadableRegister(
            f"{path}: no such file; `wmip evaluate --template FILE` writes an empty register"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableRegister(f"{path}: cannot be read ({error}); save it as CSV in UTF-8") from None
    rows = list(_yaml_rows(path) if path.suffix.lower() in {".yaml", ".yml"} else _csv_rows(path, text))
    if not rows:
        raise UnreadableRegister(
            f"{path}: holds no assumption; fill in the template of `wmip evaluate --template FILE`"
        )
    sets = build_sets(rows, default_set=path.stem)
    problems = sorted((p for found in sets for p in found.problems), key=lambda problem: problem.row)
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise UnreadableRegister(f"{path}: {len(problems)} cell(s) to put right, nothing was computed:\n{listed}")
    if not sets:
        raise UnreadableRegister(f"{path}: no row has a value yet; fill in value, source, approval and dates")
    return sets


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        headings = [heading.strip().lower() for heading in next(reader, [])]
        _check_headings(path, headings)
        for number, cells in enumerate(reader, start=2):
            if len(cells) > len(headings):
                raise UnreadableRegister(
                    f"{path}: row {number} has {len(cells)} cells under {len(headings)} headings; "
                    "put a cell that holds a comma in quotation marks"
                )
            if any(cell.strip() for cell in cells):
                yield number, dict(zip(headings, cells, strict=False))
    except csv.Error as error:
        raise UnreadableRegister(f"{path}: row {reader.line_num} is not CSV: {error}") from None


def _yaml_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    content = YamlFile(path, raises=UnreadableRegister).content
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise UnreadableRegister(
            f"{path}: expected a list of assumptions, each with {', '.join(COLUMNS[1:6])} and so on"
        )
    for number, item in enumerate(content, start=1):
        _check_headings(path, [str(key) for key in item])
        yield number, {str(key): value for key, value in item.items()}


def _check_headings(path: Path, headings: list[str]) -> None:
    unknown = [heading for heading in headings if heading and heading not in COLUMNS]
    if unknown:
        raise UnreadableRegister(f"{path}: unknown column {', '.join(unknown)}; known are {', '.join(COLUMNS)}")
    missing = [column for column in COLUMNS if column not in headings and column not in _OPTIONAL_COLUMNS]
    if missing:
        raise UnreadableRegister(f"{path}: column {', '.join(missing)} is missing; take the headings of the template")


def empty_register() -> str:
    """A CSV register with every name that is needed or possible, its unit, meaning and allowed values, and no value."""
    ratings = ", ".join(get_args(Rag))
    rows = [
        {
            "assumption_set": "programme",
            "id": f"A{number:02}",
            "version": 1,
            "name": name.name,
            "unit": name.unit,
            "spatial_level": "local" if name.by_level else EVERY_LEVEL,
            "rationale": f"{name.description}{' (optional)' if name.optional else ''} Value: {ALLOWED[name.kind]}. "
            f"Level: {', '.join(name.levels)}.{'' if name.has_range else ' No low and high.'}",
            "quality_rag": ratings,
            "impact_rag": ratings,
        }
        for number, name in enumerate(vocabulary().values(), start=1)
    ]
    out = io.StringIO()
    write_csv(out, COLUMNS, ([row.get(column) for column in COLUMNS] for row in rows))
    return out.getvalue()
