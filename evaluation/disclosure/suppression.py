"""Which figures of one row of categories to hide, so that none that is hidden follows by subtraction.

A row is one stretch of time, cut by one scope, whose total is known. What is hidden then follows as a sum: the total
less everything shown. So the hidden categories together must be as safe as a figure that is shown, and leave each of
them room. Smallest safe categories are hidden first (domain.md section 5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from evaluation.disclosure.configuration import RuleSet
from evaluation.disclosure.contributions import EMPTY, Cell, facts_of, merge, value_of
from evaluation.disclosure.rules import Facts, is_unsafe, upper_protection


@dataclass(frozen=True)
class Pattern:
    """What of a row is hidden. `all_hidden`: empty categories too, so that nobody knows which ones are not empty."""

    hidden: frozenset[str] = frozenset()
    all_hidden: bool = False


def required_width(facts: Facts, rules: RuleSet) -> float:
    """How wide an attacker's interval around a hidden figure must be."""
    return rules.width if rules.kind == "count" else rules.protection_share * facts.value


def required_top(facts: Facts, rules: RuleSet) -> float:
    """How large an attacker must find a hidden figure possible to be."""
    return facts.value + (upper_protection(facts, rules) if rules.kind == "sum" else 0.0)


def hide(
    row: Mapping[str, Cell], categories: Collection[str], rules: RuleSet, also: Collection[str] = frozenset()
) -> Pattern:
    """The pattern of a row of `categories`; `also`: categories to hide whatever their figures.

    The row's total must be safe, or nothing; then a pattern always exists, if only that of hiding everything.
    """
    hidden = {key for key, cell in row.items() if is_unsafe(facts_of(cell, rules), rules)} | (set(also) & set(row))
    if not hidden:
        return Pattern()
    others = sorted((value_of(cell), key) for key, cell in row.items() if key not in hidden)
    while not _is_protected(hidden, row, rules):
        if not others:
            return Pattern(frozenset(categories) | set(row), all_hidden=True)
        hidden.add(others.pop(0)[1])
    return Pattern(frozenset(hidden))


def hide_more(pattern: Pattern, row: Mapping[str, Cell], categories: Collection[str], rules: RuleSet) -> Pattern:
    """The next safer pattern: one more category hidden, or all of them."""
    others = sorted((value_of(cell), key) for key, cell in row.items() if key not in pattern.hidden)
    if not others:
        return Pattern(frozenset(categories) | set(row), all_hidden=True)
    return hide(row, categories, rules, also=pattern.hidden | {others[0][1]})


def _is_protected(hidden: Collection[str], row: Mapping[str, Cell], rules: RuleSet) -> bool:
    """Whether what is hidden can be known as a sum without telling its parts."""
    cells = [row.get(key, EMPTY) for key in sorted(hidden)]
    together = facts_of(merge(cells), rules)
    # Who is alone in a hidden sum knows it, so two others must remain.
    alone = rules.kind == "sum" and any(len(cell) == 1 for cell in cells)
    if len(cells) < (3 if alone else 2) or is_unsafe(together, rules):
        return False
    if rules.kind == "count":
        # Each hidden category holds at least one: empty ones are shown.
        return together.value - len(cells) >= rules.width
    parts = [facts_of(cell, rules) for cell in cells]
    return all(together.value >= max(required_top(part, rules), required_width(part, rules)) for part in parts)
