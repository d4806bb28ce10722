"""Disclosure control of one table, or of linked tables together: rules, rounding, suppression, audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from disclosure.attacker import Attack, Past, assemble, target
from disclosure.cells import Cell, Node, Space, checked, depths_of, facts_of_cells, leaves
from disclosure.configuration import Dimension, TableConfiguration, check_linked
from disclosure.differencing import EarlierRelease, shown_cells, unsafe_changes
from disclosure.errors import InvalidConfiguration, ReleaseBlocked
from disclosure.protected import ProtectedCell, ProtectedTable, Status
from disclosure.rounding import controlled_rounding, round_to_base
from disclosure.rules import Facts, Reason, unsafe_because
from disclosure.suppress import NOTHING_MORE, Known, Target, suppress, unprotected


def protect(
    table: pa.Table, configuration: TableConfiguration, earlier: Sequence[EarlierRelease] = ()
) -> ProtectedTable:
    """One table with all its margins, made safe to publish after the earlier public releases (oldest first).

    `table`: the contributions, a row each, with the columns the configuration names; no column may be null. The result
    depends on nothing but the arguments, and not on the order of rows. Raises a DisclosureError, whose message holds no
    figure: ReleaseBlocked if earlier releases give an unsafe cell away and the configuration does not accept it.
    """
    return protect_linked(table, [configuration], earlier)[configuration.name]


def protect_linked(
    table: pa.Table, configurations: Sequence[TableConfiguration], earlier: Sequence[EarlierRelease] = ()
) -> dict[str, ProtectedTable]:
    """As `protect`, for tables that are cuts through the same rows: a cell they share has one fate in all of them."""
    try:
        check_linked(tuple(configurations))
    except ValueError as error:
        raise InvalidConfiguration(str(error)) from None
    first = configurations[0]
    dimensions = tuple({d.name: d for c in configurations for d in c.dimensions}.values())
    past = [
        Past(release, shown_cells(tables, dimensions), tables[0].configuration)
        for release in earlier
        if (tables := release.of(configurations))
    ]
    rows = checked(table, first, dimensions)
    space = Space(first, dimensions, _paths(rows, first, dimensions, past))
    own = {c.name: set(depths_of(c, dimensions)) for c in configurations}
    facts = facts_of_cells(rows, set().union(*own.values()), space)
    finest = facts_of_cells(rows, [space.finest], space)
    cells, exposed = _decide(facts, finest, rows, past, space)
    return {
        c.name: ProtectedTable(
            c,
            tuple(
                ProtectedCell(_of_table(cell, c, dimensions), said.value, said.status, said.reasons)
                for cell, said in sorted(cells.items())
                if tuple(map(len, cell)) in own[c.name]
            ),
            tuple(_of_table(cell, c, dimensions) for cell in exposed if tuple(map(len, cell)) in own[c.name]),
        )
        for c in configurations
    }


def _paths(
    rows: pa.Table, table: TableConfiguration, dimensions: Sequence[Dimension], past: Sequence[Past]
) -> tuple[tuple[Node, ...], ...]:
    """The finest categories of each dimension that occur in any release."""
    sources = [rows]
    sources += [
        checked(p.release.contributions, table, dimensions) for p in past if p.release.contributions is not None
    ]
    found = []
    for place, dimension in enumerate(dimensions):
        paths = {path for source in sources for path in leaves(source, dimension)}
        for release in past:
            paths |= {cell[place] for cell in release.shown if len(cell[place]) == len(dimension.levels)}
        found.append(tuple(sorted(paths)))
    return tuple(found)


def _of_table(cell: Cell, table: TableConfiguration, dimensions: Sequence[Dimension]) -> Cell:
    place = {dimension.name: number for number, dimension in enumerate(dimensions)}
    return tuple(cell[place[dimension.name]] for dimension in table.dimensions)


def _decide(
    facts: Mapping[Cell, Facts], finest: Mapping[Cell, Facts], rows: pa.Table, past: Sequence[Past], space: Space
) -> tuple[dict[Cell, ProtectedCell], list[Cell]]:
    table = space.table
    unsafe: dict[Cell, tuple[Reason, ...]] = {}
    hidden_cells: set[Cell] = set()
    exposed: list[Cell] = []
    if table.rules.any and finest:
        unsafe = _unsafe(facts, rows, past, space)
        hidden_cells, exposed = _suppressed(facts, finest, unsafe, past, space)
    shown = _shown(facts, space)
    status = Status.ROUNDED if table.rounding else Status.PUBLISHED
    reasons = (Reason.ROUNDED,) if table.rounding else ()
    cells = {}
    for cell in facts:
        if cell in unsafe:
            cells[cell] = ProtectedCell(cell, None, Status.SUPPRESSED_PRIMARY, unsafe[cell])
        elif cell in hidden_cells:
            cells[cell] = ProtectedCell(cell, None, Status.SUPPRESSED_SECONDARY, (Reason.PROTECTS_OTHERS,))
        else:
            cells[cell] = ProtectedCell(cell, shown[cell], status, reasons)
    return cells, exposed


def _unsafe(
    facts: Mapping[Cell, Facts], rows: pa.Table, past: Sequence[Past], space: Space
) -> dict[Cell, tuple[Reason, ...]]:
    table = space.table
    unsafe = {cell: unsafe_because(found, table.rules, table.zeros == "suppress") for cell, found in facts.items()}
    for release in past:
        if table.rounding is None:
            for cell in unsafe_changes(facts, rows, release.release, release.shown, space):
                unsafe[cell] = tuple(dict.fromkeys((*unsafe[cell], Reason.DIFFERENCING)))
    return {cell: reasons for cell, reasons in unsafe.items() if reasons}


def _shown(facts: Mapping[Cell, Facts], space: Space) -> Mapping[Cell, int | float]:
    rounding = space.table.rounding
    if rounding is None:
        return {cell: found.value for cell, found in facts.items()}
    if rounding.method == "nearest":
        return {cell: round_to_base(found.value, rounding.base) for cell, found in facts.items()}
    finest = [cell for cell in facts if tuple(map(len, cell)) == space.finest]
    made_of = {
        cell: [part for part in finest if all(p[: len(node)] == node for p, node in zip(part, cell, strict=True))]
        for cell in facts
    }
    return controlled_rounding({cell: found.value for cell, found in facts.items()}, made_of, rounding.base)


def _suppressed(
    facts: Mapping[Cell, Facts],
    finest: Mapping[Cell, Facts],
    unsafe: Mapping[Cell, tuple[Reason, ...]],
    past: Sequence[Past],
    space: Space,
) -> tuple[set[Cell], list[Cell]]:
    attack = assemble(facts, finest, past, space)
    targets = [target(attack.row[cell], facts[cell], space, attack.scale) for cell in sorted(unsafe)]
    start = np.zeros(len(attack.problem.truth), dtype=bool)
    start[[target.row for target in targets]] = True

    def secondary(row: int) -> Target:
        return target(row, facts[attack.cell[row]], space, attack.scale, unsafe=False)

    def insiders(hidden: NDArray[np.bool_]) -> list[tuple[Known, list[Target]]]:
        return _insiders(hidden, attack, facts, targets)

    every = [*targets, *attack.earlier_targets]
    result = suppress(attack.problem, start, every, secondary, insiders)
    _audit(attack, result.hidden, every, insiders(result.hidden), set(result.exposed), space)
    exposed = [attack.cell[row] for row in result.exposed if row in attack.cell]
    if result.exposed and space.table.exposed == "block":
        where = "; ".join(_name(cell) for cell in exposed) or "a cell suppressed in an earlier release"
        raise ReleaseBlocked(
            f"table {space.table.name}: earlier public releases already give away: {where}. "
            "Withdraw them, or set `exposed: accept` for the table once someone has decided so."
        )
    return {attack.cell[row] for row in np.flatnonzero(result.hidden).tolist()}, exposed


def _insiders(
    hidden: NDArray[np.bool_], attack: Attack, facts: Mapping[Cell, Facts], targets: Sequence[Target]
) -> list[tuple[Known, list[Target]]]:
    """Contributors alone in a suppressed cell know its value; the unsafe cells of others must stand that too."""
    alone = sorted(
        (sole, row)
        for cell, row in attack.row.items()
        if hidden[row] and (sole := facts[cell].sole) is not None and attack.problem.integral is False
    )
    found = []
    for sole, group in groupby(alone, key=lambda pair: pair[0]):
        known = frozenset(row for _, row in group)
        found.append((known, [t for t in targets if facts[attack.cell[t.row]].sole != sole]))
    return found


def _audit(
    attack: Attack,
    hidden: NDArray[np.bool_],
    targets: Sequence[Target],
    insiders: Sequence[tuple[Known, Sequence[Target]]],
    exposed: set[int],
    space: Space,
) -> None:
    """The whole pattern once more, from nothing: a table that is not proved safe is not published."""
    for known, wanted in [(NOTHING_MORE, targets), *insiders]:
        if unprotected(attack.problem, hidden, [t for t in wanted if t.row not in exposed], known):
            raise ReleaseBlocked(f"table {space.table.name}: the audit could not prove every suppressed cell safe")


def _name(cell: Cell) -> str:
    return ", ".join("/".join(node) or "all" for node in cell)
