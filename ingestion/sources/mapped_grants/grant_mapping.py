"""How a home says what the export of a grant system means: one YAML file a system in `mappings/grants/`.

Reference: docs/sources/mapped_grants.md. A mapping is checked before any file is read by it; what is wrong is named by
file, line and key, with what is allowed.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from common.home import mappings_folder
from common.yamlfile import YamlFile, read_yaml
from ingestion.apis.mapping import InvalidMapping
from ingestion.drift import looks_personal
from ingestion.files.row_check import heading_key
from ingestion.files.values import DATE_ORDERS, BadValue, Column

_CURRENCY_CODES = Path(__file__).parents[2] / "currency_codes.txt"
_SETTINGS = (
    "title",
    "files",
    "sheet",
    "heading_row",
    "delimiter",
    "dates",
    "columns",
    "constants",
    "values",
    "skip",
)
_DELIMITERS = (",", ";", "\t", "|")


def standard_columns() -> list[Column]:
    """The fields a mapping fills, in the order they are landed."""
    codes = [line for line in _CURRENCY_CODES.read_text(encoding="utf-8").splitlines() if len(line) == 3]
    entries = read_yaml(Path(__file__).with_name("columns.yaml"), list[dict[str, Any]])
    columns = [Column.from_contract(entry) for entry in entries]
    return [
        replace(column, allowed={code: code for code in codes}) if column.name == "currency" else column
        for column in columns
    ]


@dataclass(frozen=True)
class GrantMapping:
    """What one system's export means. `columns`: field -> heading; `constants`: field -> value in landed form, where
    the file has none; `skip`: heading -> values, in lower case, of rows that are no grants; `fields`: the fields as
    this system writes them. `heading_rows`: numbers of the rows that make up the headings.
    """

    name: str
    title: str
    columns: Mapping[str, str]
    fields: Sequence[Column]
    constants: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, frozenset[str]] = field(default_factory=dict)
    file_pattern: str | None = None
    required_headings: Sequence[str] = ()
    sheet: str | None = None
    heading_rows: Sequence[int] = (1,)
    delimiter: str = ","

    @property
    def place(self) -> str:
        """The mapping's file, as people know it."""
        return f"mappings/grants/{self.name}.yaml"

    @property
    def headings(self) -> list[str]:
        """The headings a file must have, each once."""
        return list(dict.fromkeys([*self.required_headings, *self.columns.values(), *self.skip]))

    def fits_name(self, name: str) -> bool:
        """Whether a file may be one of this system by its name."""
        return self.file_pattern is None or fnmatch.fnmatch(name.lower(), self.file_pattern.lower())


def load_mappings(home: Path) -> list[GrantMapping]:
    """The home's mappings, in order of name. Raises InvalidMapping."""
    return [load_grant_mapping(path) for path in sorted(mappings_folder(home, "grants").glob("*.y*ml"))]


def load_grant_mapping(path: Path) -> GrantMapping:
    """The mapping in a file. Raises InvalidMapping, with all that is wrong with it."""
    return _Check(path).mapping()


class _Check:
    """One mapping file under check; problems are gathered, each with its line."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.where = f"mappings/grants/{path.name}"
        self.problems: list[str] = []
        self.file = YamlFile(path, self.where, InvalidMapping)
        content = self.file.content
        if not isinstance(content, dict):
            raise InvalidMapping(f"{self.where}: expected settings: {', '.join(_SETTINGS)}")
        self.content: dict[Any, Any] = content

    def problem(self, path: tuple[str, ...], message: str) -> None:
        self.problems.append(self.file.problem(path, message))

    def known(self, path: tuple[str, ...], given: Mapping[Any, Any], allowed: Sequence[str], what: str) -> None:
        for key in given:
            if key not in allowed:
                self.problem((*path, str(key)), f"unknown {what}; known are {', '.join(allowed)}")

    def table(self, *path: str) -> dict[str, Any]:
        """What stands at a key that holds others; empty where it is wrong."""
        found: Any = self.content
        for key in path:
            found = found.get(key)
            if found is None:
                return {}
        if not isinstance(found, dict):
            self.problem(path, "expected names with their values")
            return {}
        return {str(key): value for key, value in found.items()}

    def text(self, path: tuple[str, ...], value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
            self.problem(path, "expected text; put it in quotation marks")
            return None
        return str(value)

    def mapping(self) -> GrantMapping:
        fields = {column.name: column for column in standard_columns()}
        self.known((), self.content, _SETTINGS, "setting")
        columns = self.columns(fields)
        constants = self.constants(fields)
        fields = self.valued(self.dated(fields), columns)
        for column in fields.values():
            if column.required and column.name not in columns and column.name not in constants:
                self.problem(("columns",), f"{column.name} is missing; name its column, or give it under constants")
        title = self.text(("title",), self.content.get("title"))
        if title is None:
            self.problem(("title",), "is missing; say which system this is")
        files = self.table("files")
        self.known(("files",), files, ("name", "headings"), "setting")
        delimiter = self.content.get("delimiter", ",")
        if delimiter not in _DELIMITERS:
            self.problem(("delimiter",), 'takes one of "," ";" "\\t" "|"')
        made = GrantMapping(
            name=self.name,
            title=str(title),
            columns=columns,
            fields=[
                replace(
                    column,
                    heading=columns.get(column.name, column.name),
                    required=column.required and column.name not in constants,
                )
                for column in fields.values()
            ],
            constants=constants,
            skip=self.skip(),
            file_pattern=self.text(("files", "name"), files.get("name")),
            required_headings=self.list_of_text(("files", "headings"), files.get("headings")),
            sheet=self.text(("sheet",), self.content.get("sheet")),
            heading_rows=self.heading_rows(),
            delimiter=delimiter if delimiter in _DELIMITERS else ",",
        )
        if self.problems:
            raise InvalidMapping("\n".join(self.problems))
        return made

    def columns(self, fields: Mapping[str, Column]) -> dict[str, str]:
        given = self.table("columns")
        self.known(("columns",), given, list(fields), "field")
        columns: dict[str, str] = {}
        for name, heading in given.items():
            text = self.text(("columns", name), heading)
            if name not in fields or text is None:
                continue
            if looks_personal(text):
                self.problem(("columns", name), f"the column {text!r} looks personal; persons are not landed")
            columns[name] = text
        return columns

    def constants(self, fields: Mapping[str, Column]) -> dict[str, str]:
        given = self.table("constants")
        allowed = [name for name in fields if name not in {"grant_id", "amount_awarded", "recipient_name"}]
        self.known(("constants",), given, allowed, "constant")
        constants: dict[str, str] = {}
        for name, value in given.items():
            if name in allowed:
                try:
                    read = fields[name].read(value)
                except BadValue as bad:
                    self.problem(("constants", name), str(bad)[:120])
                    continue
                if read is not None:
                    constants[name] = read
        return constants

    def dated(self, fields: Mapping[str, Column]) -> dict[str, Column]:
        order = self.content.get("dates")
        if order is not None and order not in DATE_ORDERS:
            self.problem(("dates",), f"takes one of: {', '.join(DATE_ORDERS)}")
            order = None
        return {
            name: replace(column, form=order) if column.kind == "ordered_date" else column
            for name, column in fields.items()
        }

    def valued(self, fields: dict[str, Column], columns: Mapping[str, str]) -> dict[str, Column]:
        """The fields with the words of this system for what a choice may be."""
        choices = [name for name, column in fields.items() if column.kind == "choice"]
        given = self.table("values")
        self.known(("values",), given, choices, "field with values")
        for name in given:
            if name not in choices:
                continue
            if name not in columns:
                self.problem(("values", name), "has no column; name it under columns")
            meant = self.table("values", name)
            for word, meaning in meant.items():
                if meaning not in fields[name].allowed.values():
                    means = ", ".join(list(fields[name].allowed)[:3])
                    self.problem(("values", name, word), f"must mean one of: {means}")
            fields[name] = replace(fields[name], allowed={word: str(meaning) for word, meaning in meant.items()})
        return fields

    def skip(self) -> dict[str, frozenset[str]]:
        return {
            heading: frozenset(heading_key(value) for value in self.list_of_text(("skip", heading), values))
            for heading, values in self.table("skip").items()
        }

    def list_of_text(self, path: tuple[str, ...], value: Any) -> list[str]:
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(path, "expected a list, such as [Total]")
            return []
        return [text for item in value if (text := self.text(path, item)) is not None]

    def heading_rows(self) -> list[int]:
        given = self.content.get("heading_row", 1)
        rows = given if isinstance(given, list) else [given]
        right = all(isinstance(row, int) and not isinstance(row, bool) and row >= 1 for row in rows) and rows
        if not right or rows != list(range(rows[0], rows[0] + len(rows))):
            self.problem(("heading_row",), "takes the number of a row, or those of rows that follow each other: [3, 4]")
            return [1]
        return rows
