"""Breakdowns that hold the same facts, over one stretch of time: which of their figures add up to which.

A fact of a cluster body is, for most indicators, a fact of the body's cluster; where it held its events is announced.
What is hidden of one breakdown can then follow from the other, so they are one table: its smallest parts are the
*leaves*, a body's share of a cluster and a place, and every figure is the sum of some. A breakdown that is linked to
no other is the same with its own categories as leaves.

Whoever adds and subtracts learns *residues*: a figure that is shown less all shown inside it. In a hierarchy they are
all that can be learnt exactly, and no leaf is in two of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.disclosure.configuration import LINKED, RuleSet, Scope
from evaluation.disclosure.contributions import EMPTY, NO_KEY, Cell, Leaf, SeriesCells, merge, value_of
from evaluation.disclosure.rounding import round_to_base

Periods = tuple[str, ...]
# A figure of a breakdown: scope and category.
Node = tuple[Scope, str]


@dataclass(frozen=True)
class Pattern:
    """What of one breakdown is hidden. `all_hidden`: empty categories too, so that nobody knows which are not empty."""

    hidden: frozenset[str] = frozenset()
    all_hidden: bool = False


@dataclass(frozen=True)
class Block:
    """One stretch of time of one breakdown. `cells`: by category the figure before rounding, shown or not."""

    periods: Periods
    cells: Mapping[str, Cell]
    pattern: Pattern

    def shown(self, key: str, rules: RuleSet | None) -> float | None:
        """The public figure of a category; None where it is hidden."""
        if key in self.pattern.hidden:
            return None
        value = value_of(self.cells.get(key, EMPTY))
        return round_to_base(value, rules.rounding) if rules and rules.rounding else value


@dataclass(frozen=True)
class Residue:
    """What follows exactly: the sum of some leaves. `parts`: the shown figures whose hiding would make it larger."""

    leaves: frozenset[Leaf]
    parts: frozenset[Node]


class Linked:
    """One stretch of time of a cut, the scopes that hold the same facts.

    `steps`: the stretch as quarters whose programme figure is known. `open`: the scopes to decide on. `decided`: what
    was decided of others before, block by block of this stretch; of what is in neither nothing is known.
    """

    def __init__(
        self,
        cells: SeriesCells,
        cut: tuple[Scope, ...],
        steps: Sequence[Periods],
        open_scopes: Collection[Scope],
        decided: Mapping[Scope, Sequence[Block]] | None = None,
    ) -> None:
        self._cells = cells
        self.cut = cut
        self.steps = steps
        self.open = frozenset(open_scopes)
        self.decided = decided or {}
        self._leaves = leaves_over(cells, cut, self.periods)
        self.members = _members(cut, self._leaves)
        self.figures = {node: self.cell(found) for node, found in sorted(self.members.items())}
        self.whole = frozenset(self._leaves).union(*self.members.values())

    @property
    def periods(self) -> Periods:
        """The quarters of the stretch."""
        return tuple(period for step in self.steps for period in step)

    def cell(self, leaves: Iterable[Leaf], periods: Sequence[str] | None = None) -> Cell:
        """The sum of some leaves, over the stretch or some quarters of it."""
        if periods is None:
            return merge(self._leaves.get(leaf, EMPTY) for leaf in sorted(leaves))
        found = [self._cells.leaves(self.cut, period) for period in periods]
        return merge(quarter.get(leaf, EMPTY) for quarter in found for leaf in sorted(leaves))

    def is_possible(self, leaf: Leaf, period: str) -> bool:
        """Whether a leaf can hold anything in a quarter: where a body was active is known, if that is linked."""
        if len(self.cut) == 1 or self.cut == LINKED:
            return True
        return _activity(self.cut, leaf) in {
            _activity(self.cut, found) for found in self._cells.leaves(self.cut, period)
        }

    def shown(self, hidden: Collection[Node]) -> list[Node]:
        """The figures that are not nothing and shown over the whole stretch, the largest sets of leaves first."""
        found = []
        for node in self.figures:
            scope, key = node
            blocks = self.decided.get(scope, ())
            is_decided = bool(blocks) and all(key not in block.pattern.hidden for block in blocks)
            if node not in hidden if scope in self.open else is_decided:
                found.append(node)
        return sorted(found, key=lambda node: (-len(self.members[node]), node))

    def residues(self, hidden: Collection[Node]) -> list[Residue]:
        """Every sum that follows from what is shown, in one order."""
        shown = self.shown(hidden)
        found: dict[frozenset[Leaf], Residue] = {}
        for name, leaves in [(None, self.whole), *((node, self.members[node]) for node in shown)]:
            # Clusters are taken off first, then bodies outside them, and the other way round: where facts follow no
            # hierarchy these differ. Where they do, it is the first whose parts matter.
            for first in reversed(self.cut):
                rest, parts = leaves, [name] if name else []
                for node in sorted(shown, key=lambda node: node[0] != first):
                    inside = self.members[node]
                    if node != name and inside <= rest and (inside < leaves or name is None):
                        rest, parts = rest - inside, [*parts, node]
                if rest:
                    found.setdefault(rest, Residue(rest, frozenset(p for p in parts if p[0] in self.open)))
        return [found[leaves] for leaves in sorted(found, key=sorted)]

    def same(self, node: Node) -> set[Node]:
        """A figure and those that are the same by another name, as of a cluster's only body: all to decide on."""
        found = {other for other in self.figures if other[0] in self.open and self.members[other] == self.members[node]}
        return found | {node}

    def cheapest(self, nodes: Iterable[Node]) -> Node | None:
        """The smallest of some figures: hiding it costs least."""
        return min(nodes, key=lambda node: (value_of(self.figures[node]), self.cut.index(node[0]), node), default=None)


def leaves_over(cells: SeriesCells, cut: tuple[Scope, ...], periods: Sequence[str]) -> dict[Leaf, Cell]:
    """The leaves of a cut that are not nothing, over some quarters."""
    quarters = [cells.leaves(cut, period) for period in periods]
    keys = sorted({leaf for quarter in quarters for leaf in quarter})
    return {leaf: merge(quarter.get(leaf, EMPTY) for quarter in quarters) for leaf in keys}


def _members(cut: tuple[Scope, ...], leaves: Collection[Leaf]) -> dict[Node, frozenset[Leaf]]:
    """By figure, the leaves that whoever reads the tables must think it the sum of.

    A body all of whose facts lie in one cluster is thought to be of that cluster. Facts of another can lie in any:
    nobody outside knows in which they do. Where else a body was active is known where it is linked.
    """
    possible = set(leaves)
    if cut[:2] == LINKED:
        clusters = {leaf[1] for leaf in leaves}
        homes: dict[str, set[str]] = {}
        for body, cluster, *_ in leaves:
            homes.setdefault(body, set()).add(cluster)
        possible |= {
            (body, cluster, *rest) for body, _, *rest in leaves if len(homes[body]) > 1 for cluster in clusters
        }
    members: dict[Node, set[Leaf]] = {}
    for leaf in possible:
        for scope, key in zip(cut, leaf, strict=True):
            if key != NO_KEY:
                members.setdefault((scope, key), set()).add(leaf)
    return {node: frozenset(found) for node, found in members.items()}


def _activity(cut: tuple[Scope, ...], leaf: Leaf) -> Leaf:
    """What is announced of a leaf: who was active where, not for which cluster."""
    return (leaf[0], *leaf[2:]) if cut[:2] == LINKED else leaf
