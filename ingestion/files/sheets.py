"""What is known of a workbook's sheet beside its cells, in whatever format it came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ingestion.files.limits import limits
from ingestion.files.row_check import column_letter
from ingestion.files.values import Covered, NoValue, is_empty
from ingestion.findings import RefusedFile, is_passing
from ingestion.persons.contact_details import WITHHELD, contact_in_code

MEGABYTE = 1_000_000
_MOST_NO_VALUES = 100_000
_MOST_AREAS = 20_000
_MOST_HIDDEN = 10_000

NumberedCells = Iterator[tuple[int, list[Any]]]


@dataclass(frozen=True)
class Area:
    """Merged cells: rows and columns from 1, the last included."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{column_letter(self.left - 1)}{self.top}:{column_letter(self.right - 1)}{self.bottom}"


@dataclass
class Sheet:
    """The last row and column in use (from 1); cells without a value, by row number and position in it; rows that are
    hidden; merged cells of more than one row, by their first. `name`: as it stands in the workbook, contact details and
    all; `shown`: as it may be told.
    """

    name: str
    shown: str
    last_row: int = 0
    last_column: int = 0
    no_values: dict[int, dict[int, NoValue]] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    areas: dict[int, list[Area]] = field(default_factory=dict)
    _no_values: int = 0
    _areas: int = 0

    def use(self, row: int, column: int) -> None:
        """Note a cell that is in use. Raises RefusedFile when the sheet has more cells than allowed to its last."""
        self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, column)
        if self.last_row * self.last_column > limits().cells:
            raise RefusedFile(
                f"the sheet {self.shown} has cells down to row {self.last_row:,} and out to column "
                f"{self.last_column:,}: more than {limits().cells:,} from the first to the last; delete what is far "
                "away from the table, or give it as CSV"
            )

    def lacks(self, row: int, column: int, value: NoValue) -> None:
        """Note a cell that looks empty and is not. Raises RefusedFile when there are too many."""
        self._no_values += 1
        if self._no_values > _MOST_NO_VALUES:
            raise RefusedFile(
                f"the sheet {self.shown} has more than {_MOST_NO_VALUES:,} errors and formulas without a stored value; "
                "open the workbook in Excel and save it again"
            )
        self.no_values.setdefault(row, {})[column - 1] = value

    def hide(self, row: int) -> None:
        """Note a hidden row."""
        if len(self.hidden) < _MOST_HIDDEN:
            self.hidden.append(row)

    def merge(self, area: Area) -> None:
        """Note merged cells."""
        if area.bottom > area.top and self._areas < _MOST_AREAS:
            self._areas += 1
            self.areas.setdefault(area.top, []).append(area)

    def overlaid(self, rows: Iterable[tuple[int, list[Any]]]) -> NumberedCells:
        """Rows with what is known of their cells beside: those without a value, and those that merged cells cover."""
        no_values = dict(self.no_values)
        open_areas: list[Area] = []
        number = 0
        for number, cells in rows:
            if number in no_values:
                _put(cells, no_values.pop(number))
            open_areas = [area for area in open_areas if area.bottom >= number]
            for area in open_areas:
                columns = range(area.left - 1, min(area.right, self.last_column))
                _put(cells, {at: Covered(str(area)) for at in columns if at >= len(cells) or is_empty(cells[at])})
            open_areas += [area for area in self.areas.get(number, ()) if not _is_blank(cells, area.left - 1)]
            yield number, cells
        for further in sorted(no_values):
            for blank in range(number + 1, further):
                yield blank, []
            yield further, _put([], no_values[further])
            number = further


def _is_blank(cells: list[Any], at: int) -> bool:
    return at >= len(cells) or is_empty(cells[at])


def _put(cells: list[Any], values: dict[int, Any]) -> list[Any]:
    for at, value in values.items():
        cells += [None] * (at + 1 - len(cells))
        cells[at] = value
    return cells


def shown_names(names: Iterable[str]) -> list[str]:
    """Names of sheets as they may be shown; in place of one that holds contact details its number."""
    return [f"{WITHHELD} {at}" if contact_in_code(name) else name for at, name in enumerate(names, 1)]


def refusal(error: BaseException, damaged: str) -> BaseException:
    """What to raise for what was met in a workbook: calamine's panics are no `Exception`, and a disk that gives nothing
    tonight says nothing of the file.
    """
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, RefusedFile)) or is_passing(error):
        return error
    return RefusedFile(damaged)
