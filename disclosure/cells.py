"""From contributions to the facts of every cell, margins included.

A cell has one node per dimension. A node is a path of categories from coarse to fine: `()` is the whole dimension,
`("West Midlands",)` a region, `("West Midlands", "Dudley")` an authority in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc

from disclosure.configuration import Dimension, TableConfiguration
from disclosure.errors import InvalidContributions, ManualReviewNeeded
from disclosure.rules import EMPTY, Facts

Node = tuple[str, ...]
Cell = tuple[Node, ...]
Depths = tuple[int, ...]


@dataclass(frozen=True)
class Space:
    """All cells of tables that are linked: the dimensions of all of them and, for each, the finest categories.

    `table`: any of the tables; but for name and dimensions they agree.
    """

    table: TableConfiguration
    dimensions: tuple[Dimension, ...]
    paths: tuple[tuple[Node, ...], ...]

    @property
    def finest(self) -> Depths:
        """The level of the finest cells."""
        return tuple(len(dimension.levels) for dimension in self.dimensions)


def depths_of(table: TableConfiguration, dimensions: Sequence[Dimension]) -> Iterator[Depths]:
    """Every combination of levels one table shows, over the dimensions of all tables it is linked with."""
    names = {dimension.name for dimension in table.dimensions}
    return product(*(range(len(d.levels) + 1) if d.name in names else (0,) for d in dimensions))


def leaves(contributions: pa.Table, dimension: Dimension) -> list[Node]:
    """The finest categories of a dimension that occur, in order."""
    paths = contributions.select(list(dimension.levels)).group_by(list(dimension.levels)).aggregate([])
    return sorted(tuple(map(str, row.values())) for row in paths.to_pylist())


def nodes(paths: Iterable[Node], depth: int) -> list[Node]:
    """The categories of a dimension at one level, in order."""
    return sorted({path[:depth] for path in paths})


def checked(contributions: pa.Table, table: TableConfiguration, dimensions: Sequence[Dimension]) -> pa.Table:
    """The columns one table needs, in an order that does not depend on that of the rows: levels, `_who`, `_value`.

    Raises InvalidContributions for a column that is missing, empty in some row or of the wrong type,
    ManualReviewNeeded for a negative contribution.
    """
    levels = [level for dimension in dimensions for level in dimension.levels]
    wanted = [*levels, *(column for column in (table.contributor, table.measure) if column)]
    for column in wanted:
        if column not in contributions.column_names:
            raise InvalidContributions(f"table {table.name}: column {column} is missing")
        if contributions[column].null_count:
            raise InvalidContributions(f"table {table.name}: column {column} is empty in some rows; name the category")
    columns = {level: contributions[level].cast(pa.string()) for level in levels}
    columns["_who"] = (
        contributions[table.contributor].cast(pa.string())
        if table.contributor
        else pa.repeat(pa.scalar("", pa.string()), contributions.num_rows)
    )
    columns["_value"] = _values(contributions, table)
    rows = pa.table(columns).sort_by([(name, "ascending") for name in columns])
    # Whoever is counted as nought is not there; in a sum a contributor of nought is.
    return rows.filter(pc.greater(rows["_value"], 0)) if table.kind == "frequency" else rows


def _values(contributions: pa.Table, table: TableConfiguration) -> pa.ChunkedArray | pa.Array:
    if table.measure is None:
        return pa.repeat(pa.scalar(1, pa.int64()), contributions.num_rows)
    wanted = pa.int64() if table.kind == "frequency" else pa.float64()
    try:
        values = contributions[table.measure].cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InvalidContributions(f"table {table.name}: column {table.measure} is not all {wanted}") from None
    if table.kind == "magnitude" and not pc.all(pc.is_finite(values)).as_py() and len(values):
        raise InvalidContributions(f"table {table.name}: column {table.measure} is not all finite")
    if (pc.min(values).as_py() or 0) < 0:
        raise ManualReviewNeeded(f"table {table.name}: column {table.measure} has negative contributions")
    return values


def facts_of_cells(rows: pa.Table, depths: Iterable[Depths], space: Space) -> dict[Cell, Facts]:
    """The facts of every cell at the given levels, empty ones included; `rows` come from `checked`."""
    facts: dict[Cell, Facts] = {}
    for depth in sorted(set(depths)):
        facts.update(dict.fromkeys(product(*map(nodes, space.paths, depth)), EMPTY))
        facts.update(_facts_at(rows, depth, space.dimensions, space.table))
    return facts


def _facts_at(
    rows: pa.Table, depth: Depths, dimensions: Sequence[Dimension], table: TableConfiguration
) -> Iterator[tuple[Cell, Facts]]:
    split = [dimension.levels[:d] for dimension, d in zip(dimensions, depth, strict=True)]
    keys = [level for levels in split for level in levels]
    constant = rows.append_column("_all", pa.repeat(pa.scalar(0), rows.num_rows))
    # One thread: sums of floats and the order inside lists must not depend on scheduling.
    each = constant.group_by([*keys, "_all", "_who"], use_threads=False).aggregate([("_value", "sum")])
    each = each.sort_by([("_value_sum", "descending"), ("_who", "ascending")])
    found = each.group_by([*keys, "_all"], use_threads=False).aggregate(
        [("_value_sum", "sum"), ("_value_sum", "count"), ("_value_sum", "list"), ("_who", "list")]
    )
    values = found["_value_sum_sum"].to_pylist()
    counts = values if table.contributor is None else found["_value_sum_count"].to_pylist()
    largest = _first(found["_value_sum_list"], table.rules.largest_needed)
    who = [names[0] for names in _first(found["_who_list"], 1)]
    cells = zip(*(_nodes_of(found, levels) for levels in split), strict=True)
    for cell, value, count, top, name in zip(cells, values, counts, largest, who, strict=True):
        yield cell, Facts(value, count, tuple(top), name if table.contributor and count == 1 else None)


def _first(lists: pa.ChunkedArray, count: int) -> list[list]:
    return pc.list_slice(lists, 0, count).to_pylist()


def _nodes_of(found: pa.Table, levels: Sequence[str]) -> list[Node]:
    if not levels:
        return [()] * found.num_rows
    return list(zip(*(found[level].to_pylist() for level in levels), strict=True))
