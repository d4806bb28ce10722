"""A protected table: what evaluators see of it and what the public does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from disclosure.cells import Cell
from disclosure.configuration import TableConfiguration
from disclosure.errors import InvalidContributions
from disclosure.rules import Reason

# Shorthand of domain.md section 5.
CONFIDENTIAL = "c"


class Status(StrEnum):
    """What became of a cell."""

    PUBLISHED = "published"
    SUPPRESSED_PRIMARY = "suppressed_primary"
    SUPPRESSED_SECONDARY = "suppressed_secondary"
    ROUNDED = "rounded"

    @property
    def suppressed(self) -> bool:
        """Whether no figure is shown."""
        return self in (Status.SUPPRESSED_PRIMARY, Status.SUPPRESSED_SECONDARY)


@dataclass(frozen=True)
class ProtectedCell:
    """One cell: a node for each dimension of its table, the value shown (none if suppressed), status and reasons."""

    cell: Cell
    value: int | float | None
    status: Status
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class ProtectedTable:
    """One table after disclosure control; it holds no value that is not published.

    `cells` has every cell, margins included, in order. `exposed`: cells that earlier releases give away, accepted by
    the configuration.
    """

    configuration: TableConfiguration
    cells: tuple[ProtectedCell, ...]
    exposed: tuple[Cell, ...] = ()

    def public(self) -> pa.Table:
        """What is published. Grain: one cell; null in a level's column: all of it; `mark` is `c` or empty.

        Nothing says which suppressed cell is the unsafe one or why: "below the threshold" alone bounds a count.
        """
        table = self._coordinates()
        table = table.append_column("value", pa.array([cell.value for cell in self.cells], self._value_type()))
        marks = [CONFIDENTIAL if cell.status.suppressed else "" for cell in self.cells]
        return table.append_column("mark", pa.array(marks, pa.string()))

    def internal(self) -> pa.Table:
        """For named evaluators: as `public`, with `status` and `reasons` (text, no figure) instead of `mark`."""
        table = self.public().drop_columns(["mark"])
        table = table.append_column("status", pa.array([str(cell.status) for cell in self.cells], pa.string()))
        reasons = ["; ".join(cell.reasons) for cell in self.cells]
        return table.append_column("reasons", pa.array(reasons, pa.string()))

    def _coordinates(self) -> pa.Table:
        columns: dict[str, pa.Array] = {}
        for position, dimension in enumerate(self.configuration.dimensions):
            for depth, level in enumerate(dimension.levels):
                categories = [
                    cell.cell[position][depth] if depth < len(cell.cell[position]) else None for cell in self.cells
                ]
                columns[level] = pa.array(categories, pa.string())
        return pa.table(columns)

    def _value_type(self) -> pa.DataType:
        return pa.int64() if self.configuration.kind == "frequency" else pa.float64()

    @classmethod
    def from_public(cls, public: pa.Table, configuration: TableConfiguration) -> ProtectedTable:
        """An earlier release as the public has it, read back for differencing.

        `configuration` is that of the earlier release. Which suppressed cells were unsafe is not known any more, so all
        count as such. Raises InvalidContributions if the columns are not those of the table.
        """
        levels = [level for dimension in configuration.dimensions for level in dimension.levels]
        missing = [column for column in (*levels, "value", "mark") if column not in public.column_names]
        if missing:
            raise InvalidContributions(f"table {configuration.name}: earlier release without column {missing[0]}")
        shown = Status.ROUNDED if configuration.rounding else Status.PUBLISHED
        cells = []
        for row in public.select([*levels, "value", "mark"]).to_pylist():
            cell = tuple(_node([row[level] for level in d.levels]) for d in configuration.dimensions)
            status = Status.SUPPRESSED_PRIMARY if row["mark"] == CONFIDENTIAL else shown
            cells.append(ProtectedCell(cell, row["value"], status))
        return cls(configuration, tuple(sorted(cells, key=lambda cell: cell.cell)))


def _node(categories: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(category for category in categories if category is not None)
