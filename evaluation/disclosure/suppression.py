"""Which figures of linked breakdowns to hide, so that none that is unsafe follows from what is shown.

Primary suppression hides what is unsafe by itself. Then, as long as an attacker learns too much, the smallest figure
is hidden that leaves them less: a greedy search with the audit in the loop, as Statistics Norway's GaussSuppression
does it for linked tables with its interval limits (Langsrud, *Privacy in Statistical Databases* 2024,
doi 10.1007/978-3-031-69651-0_6). Figures that are the same, of a cluster with one body, are hidden together, since one
is all that is left of the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from evaluation.disclosure.configuration import RuleSet, Scope
from evaluation.disclosure.contributions import Cell, Leaf, facts_of, value_of
from evaluation.disclosure.errors import NotProtectable
from evaluation.disclosure.interval_audit import Attack, Target
from evaluation.disclosure.linked import Linked, Node, Pattern, Periods, Residue
from evaluation.disclosure.rounding import round_to_base, rounded_interval
from evaluation.disclosure.rules import Facts, is_unsafe, upper_protection

# Beyond so many, what one knows of their own is too little to matter.
_MOST_INSIDERS = 5
# Leaves an attacker learns too much of, and the figure to hide first if it is shown.
_Exposure = tuple[frozenset[Leaf], Node | None]


def required_width(facts: Facts, rules: RuleSet) -> float:
    """How wide an attacker's interval around a hidden figure must be."""
    return rules.width if rules.kind == "count" else rules.protection_share * facts.value


def required_top(facts: Facts, rules: RuleSet) -> float:
    """How large an attacker must find a hidden figure possible to be."""
    return facts.value + (upper_protection(facts, rules) if rules.kind == "sum" else 0.0)


@dataclass
class _Choice:
    """What is hidden so far. `blank`: scopes whose empty categories are hidden too."""

    linked: Linked
    rules: RuleSet
    hidden: set[Node]
    blank: set[Scope] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.residues = self.linked.residues(self.hidden)

    def hide(self, node: Node) -> None:
        self.hidden |= self.linked.same(node)
        self.residues = self.linked.residues(self.hidden)

    @property
    def is_everything(self) -> bool:
        return self.blank == self.linked.open

    def least(self, node: Node) -> float:
        """What everyone knows a hidden figure to be at least: where empty ones are shown, it is not empty."""
        return 1.0 if self.rules.kind == "count" and node[0] not in self.blank else 0.0


def hide(linked: Linked, categories: Mapping[Scope, Collection[str]], rules: RuleSet) -> dict[Scope, Pattern]:
    """The patterns of the open scopes. Raises NotProtectable where even hiding all of them does not suffice."""
    choice = _Choice(
        linked, rules, {node for node in _open(linked) if is_unsafe(facts_of(linked.figures[node], rules), rules)}
    )
    while exposed := _too_small(choice) or _found(choice):
        _hide_more(choice, exposed)
    patterns = {}
    for scope in sorted(linked.open):
        hidden = {key for found, key in choice.hidden if found == scope}
        is_blank = scope in choice.blank
        patterns[scope] = Pattern(frozenset(hidden.union(categories[scope]) if is_blank else hidden), is_blank)
    return patterns


def _open(linked: Linked) -> set[Node]:
    return {node for node in linked.figures if node[0] in linked.open}


def _hide_more(choice: _Choice, exposed: Collection[_Exposure]) -> None:
    """Hide a figure that is exposed, else the smallest that blurs one that is; else empty categories; else any."""
    shown = _open(choice.linked) - choice.hidden
    for leaves, node in exposed:
        if node in shown:
            return choice.hide(node)
        if blurring := choice.linked.cheapest(_blurring(choice, leaves)):
            return choice.hide(blurring)
    for scope in choice.linked.cut:
        if scope in choice.linked.open - choice.blank and not any(node[0] == scope for node in shown):
            return choice.blank.add(scope)
    if shown:
        return choice.hide(choice.linked.cheapest(shown) or min(shown))
    raise NotProtectable("the audit finds hidden figures exposed whatever is hidden")


def _blurring(choice: _Choice, leaves: frozenset[Leaf]) -> frozenset[Node]:
    """The figures without which less is known of some leaves: those that bound the least sum they lie in."""
    around = [residue for residue in choice.residues if leaves <= residue.leaves and residue.parts]
    if around:
        return min(around, key=lambda residue: (len(residue.leaves), sorted(residue.leaves))).parts
    return frozenset(part for residue in choice.residues if residue.leaves & leaves for part in residue.parts)


def _too_small(choice: _Choice) -> list[_Exposure]:
    """Residues that may not be known, or not without telling one of the figures in them. Quickly found."""
    if choice.is_everything:
        return []
    return [(residue.leaves, None) for residue in choice.residues if not _is_protected(choice, residue)]


def _is_protected(choice: _Choice, residue: Residue) -> bool:
    linked, rules = choice.linked, choice.rules
    together = facts_of(linked.cell(residue.leaves), rules)
    if is_unsafe(together, rules):
        return False
    inside = [node for node in sorted(choice.hidden) if linked.members[node] <= residue.leaves]
    unsafe = [found for node in inside if is_unsafe(found := facts_of(linked.figures[node], rules), rules)]
    if not unsafe:
        return True
    if rules.kind == "count":
        least = max(sum(choice.least(node) for node in inside if node[0] == scope) for scope in linked.cut)
        return together.value - least >= rules.width
    # Who is alone in a hidden sum knows it, so two others must remain.
    leaves = [cell for leaf in residue.leaves if (cell := linked.cell([leaf]))]
    if len(leaves) < 3 and any(len(cell) == 1 for cell in leaves):
        return False
    return all(together.value >= max(required_top(found, rules), required_width(found, rules)) for found in unsafe)


def _found(choice: _Choice) -> list[_Exposure]:
    """What a linear programme finds exposed: figures and residues of the stretch, a quarter of it, the time so far."""
    linked, rules = choice.linked, choice.rules
    attack, place = _attack(choice)
    unsafe = [
        (exposure, cell, [place[period, leaf] for period in stretch for leaf in sorted(exposure[0])])
        for exposure, stretch in _sought(choice)
        if is_unsafe(facts_of(cell := linked.cell(exposure[0], stretch), rules), rules)
    ]
    targets = []
    for _, cell, unknowns in unsafe:
        facts = facts_of(cell, rules)
        targets.append(Target(unknowns, facts.value, required_width(facts, rules), required_top(facts, rules)))
    found = attack.narrow(targets)
    for who in _insiders(linked, rules) if unsafe and not found else ():
        attack.own = {
            number: own for (p, leaf), number in place.items() if (own := linked.cell([leaf], [p]).get(who, 0.0)) > 0
        }
        found += attack.narrow([_seen_from_inside(who, cell, unknowns, rules) for _, cell, unknowns in unsafe])
    return [unsafe[number][0] for number in dict.fromkeys(found)]


def _insiders(linked: Linked, rules: RuleSet) -> list[str]:
    """The largest contributors of a sum: they know their own part, and so most of the others'."""
    if rules.p_percent is None:
        return []
    cell = linked.cell(linked.whole)
    return sorted(cell, key=lambda who: (-cell[who], who))[:_MOST_INSIDERS]


def _seen_from_inside(who: str, cell: Cell, unknowns: list[int], rules: RuleSet) -> Target:
    """p% for a figure that is hidden: a contributor must find that another can be larger by the share p."""
    most = max((amount for other, amount in cell.items() if other != who), default=0.0)
    return Target(
        unknowns, value_of(cell), 0.0, cell.get(who, 0.0) + (1 + (rules.p_percent or 0.0)) * most if most else 0.0
    )


def _sought(choice: _Choice) -> Iterator[tuple[_Exposure, list[str]]]:
    linked = choice.linked
    periods = list(linked.periods)
    within = [[period] for period in periods] + [periods[:end] for end in range(2, len(periods))]
    within = within if len(periods) > 1 else []
    shown = set(linked.shown(choice.hidden))
    for node, leaves in sorted(linked.members.items()):
        for stretch in within if node in shown else [*within, periods]:
            yield (leaves, node), stretch
    figures = set(linked.members.values())
    for residue in choice.residues:
        if residue.leaves not in figures:
            for stretch in within:
                yield (residue.leaves, None), stretch


def _attack(choice: _Choice) -> tuple[Attack, dict[tuple[str, Leaf], int]]:
    """All that is published of the stretch, as equations between leaves by quarter."""
    linked, rules = choice.linked, choice.rules
    leaves = sorted(linked.whole)
    place = {pair: number for number, pair in enumerate((p, leaf) for p in linked.periods for leaf in leaves)}
    attack = Attack(len(place))

    def know(members: Collection[Leaf], periods: Periods, is_shown: bool, least: float) -> None:
        unknowns = [place[period, leaf] for period in periods for leaf in sorted(members)]
        value = value_of(linked.cell(members, periods)) if is_shown else 0.0
        attack.know(unknowns, *(told(value, rules) if is_shown else (least, float("inf"))))

    for (period, leaf), unknown in place.items():
        if not linked.is_possible(leaf, period):
            attack.know([unknown], 0.0, 0.0)
    for step in linked.steps:
        know(linked.whole, step, True, 0.0)
    for node, members in sorted(linked.members.items()):
        scope, key = node
        if scope in linked.open:
            know(members, linked.periods, node not in choice.hidden, choice.least(node))
        for block in linked.decided.get(scope, ()):
            least = 1.0 if rules.kind == "count" and not block.pattern.all_hidden else 0.0
            know(members, block.periods, key not in block.pattern.hidden, least)
    return attack, place


def told(value: float, rules: RuleSet) -> tuple[float, float]:
    """What a figure tells of the true one once it is shown."""
    if rules.rounding is None:
        return value, value
    return rounded_interval(round_to_base(value, rules.rounding), rules.rounding)
