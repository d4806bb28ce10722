"""A new release against the earlier ones: what subtraction gives away.

Two things leak. A figure published in both releases gives away its change, so the change must be as safe as a figure.
And cells that did not change are the same unknown in both releases, so what was published of them then still holds:
the attacker of `suppress` is told of it (domain.md section 5, linked tables; section 4 of Hundepool et al. 2012).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from disclosure.cells import Cell, Space, checked, facts_of_cells
from disclosure.configuration import Dimension, TableConfiguration
from disclosure.errors import InvalidContributions
from disclosure.protected import ProtectedCell, ProtectedTable, Status
from disclosure.rules import Facts, unsafe_because

# Sums of the same figures may differ in the last bit; nobody learns anything from a millionth of a pound.
SAME = 1e-6


@dataclass(frozen=True)
class EarlierRelease:
    """An earlier public release: its tables and, if still kept, the contributions they were made of.

    Without the contributions the check is coarser: the change of a sum counts as unsafe, since nobody can say any more
    how many contributors it is made of, and cells suppressed then are not protected against what is published now.
    """

    release_id: str
    tables: tuple[ProtectedTable, ...]
    contributions: pa.Table | None = None

    def of(self, tables: Sequence[TableConfiguration]) -> list[ProtectedTable]:
        """Those of its tables that bear the names of the given ones. Raises InvalidContributions if cut otherwise."""
        named = {table.name: table for table in tables}
        found = [table for table in self.tables if table.configuration.name in named]
        for table in found:
            name = table.configuration.name
            if table.configuration.dimensions != named[name].dimensions:
                raise InvalidContributions(
                    f"table {name}: release {self.release_id} has it with other dimensions; give the new one a new name"
                )
        return found


def over_all_dimensions(cell: Cell, table: TableConfiguration, dimensions: Sequence[Dimension]) -> Cell:
    """A table's cell among the cells of all tables it is linked with."""
    own = dict(zip((dimension.name for dimension in table.dimensions), cell, strict=True))
    return tuple(own.get(dimension.name, ()) for dimension in dimensions)


def shown_cells(tables: Sequence[ProtectedTable], dimensions: Sequence[Dimension]) -> dict[Cell, ProtectedCell]:
    """What one release says of each cell; a cell shown by one of its tables is shown."""
    cells: dict[Cell, ProtectedCell] = {}
    for table in tables:
        for cell in table.cells:
            key = over_all_dimensions(cell.cell, table.configuration, dimensions)
            if key not in cells or cells[key].value is None:
                cells[key] = cell
    return cells


def unsafe_changes(
    now: Mapping[Cell, Facts],
    rows: pa.Table,
    earlier: EarlierRelease,
    shown: Mapping[Cell, ProtectedCell],
    space: Space,
) -> set[Cell]:
    """The cells whose exact figure an earlier release published and whose change since would break the rules.

    `now`: the facts of the new release, made of `rows` (from `checked`).
    """
    table = space.table
    if not table.rules.any:
        return set()
    exact = {cell: said.value for cell, said in shown.items() if said.status == Status.PUBLISHED}
    moved = {
        cell: abs(facts.value - before)
        for cell, facts in now.items()
        if (before := exact.get(cell)) is not None and abs(facts.value - before) > SAME
    }
    if table.contributor is None:
        return {cell for cell, change in moved.items() if change < (table.rules.threshold or 0)}
    if earlier.contributions is None or not moved:
        return set(moved)
    changes = _changes(rows, checked(earlier.contributions, table, space.dimensions))
    facts = facts_of_cells(changes, {tuple(map(len, cell)) for cell in moved}, space)
    return {cell for cell in moved if unsafe_because(facts[cell], table.rules, zeros_are_disclosive=False)}


def _changes(now: pa.Table, then: pa.Table) -> pa.Table:
    """By finest cell and contributor, how much changed, up or down, as rows that can be counted like contributions."""
    keys = [name for name in now.column_names if name != "_value"]
    then = then.set_column(then.column_names.index("_value"), "_value", pc.negate(then["_value"]))
    net = pa.concat_tables([now, then]).group_by(keys, use_threads=False).aggregate([("_value", "sum")])
    change = pc.abs(net["_value_sum"])
    return net.select(keys).append_column("_value", change).filter(pc.greater(change, SAME))
