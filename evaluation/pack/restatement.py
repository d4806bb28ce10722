"""Which figures of the release before this one were changed by it, and which of locked quarters are known otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import has_table, rows

# Rule R12: from which change on a restatement is material.
MATERIAL_SHARE = Decimal("0.05")
SMALL_BASE, MATERIAL_UNITS = Decimal(20), Decimal(1)


@dataclass(frozen=True)
class Restatement:
    """A verified programme figure of one quarter that differs from the release before.

    `was_closed`: the quarter was closed or locked already, so this is a change to what had been reported; otherwise the
    quarter was still filling.
    """

    indicator_key: str
    period_key: str
    before: Decimal
    after: Decimal
    was_closed: bool

    @property
    def difference(self) -> Decimal:
        """After less before."""
        return self.after - self.before

    @property
    def is_material(self) -> bool:
        """Rule R12: a closed quarter changed by 5% or more, or, from a figure below 20, by one unit or more."""
        change, base = abs(self.difference), abs(self.before)
        is_large = change >= MATERIAL_UNITS if base < SMALL_BASE else change >= MATERIAL_SHARE * base
        return self.was_closed and is_large

    @property
    def kind(self) -> str:
        """In words, for readers."""
        if not self.was_closed:
            return "open: still filling"
        return f"closed: a {'material ' if self.is_material else ''}restatement"


@dataclass(frozen=True)
class LockedRestatement:
    """A material difference between what a body's quarter said when it was locked and what is known (rule R12).

    `locked` and `known` are None where they are confidential; how many facts differ is so then as well.
    """

    indicator_key: str
    partner_key: str
    period_key: str
    locked: Decimal | None
    known: Decimal | None
    waiting: int
    approved: int
    causes: str

    @property
    def difference(self) -> Decimal | None:
        """Known less locked."""
        return None if self.known is None or self.locked is None else self.known - self.locked

    @property
    def standing(self) -> str:
        """In words, how much of it counts already."""
        parts = [(count, said) for count, said in ((self.approved, "approved"), (self.waiting, "waiting")) if count]
        return ", ".join(said if self.difference is None else f"{count} {said}" for count, said in parts)


@dataclass(frozen=True)
class Restatements:
    """What changed since the release `before_id`; None when there is no earlier release to compare with.

    `locked`: the material differences behind locks, whatever came before. `withheld`: by indicator the quarters that
    were not compared, because one of the two releases withholds them.
    """

    before_id: str | None
    changes: tuple[Restatement, ...]
    locked: tuple[LockedRestatement, ...] = ()
    withheld: tuple[tuple[str, tuple[str, ...]], ...] = ()


_FIGURES = """
    SELECT v.indicator_key, v.period_key, v.value, p.status <> 'open' AS was_closed
    FROM indicator_value AS v
    INNER JOIN dim_indicator AS i USING (indicator_key)
    INNER JOIN dim_period AS p USING (period_key)
    WHERE v.scope = 'programme' AND v.basis = 'verified' AND i.is_headline
    ORDER BY i.indicator_code, v.period_key
"""


_LOCKED = """
    SELECT r.indicator_key, r.restated_partner_key AS partner_key, r.restated_period_key AS period_key,
        max(r.locked_value) AS locked, max(r.known_value) AS known,
        count(*) FILTER (r.is_open) AS waiting, count(*) FILTER (r.state = 'approved') AS approved,
        string_agg(DISTINCT r.cause, ', ' ORDER BY r.cause) AS causes
    FROM indicator_restatement AS r
    INNER JOIN dim_indicator AS i USING (indicator_key)
    WHERE r.is_material AND i.is_headline
    GROUP BY ALL
    ORDER BY any_value(i.indicator_code), 3, 2
"""


def read_locked_restatements(mart: duckdb.DuckDBPyConnection) -> tuple[LockedRestatement, ...]:
    """The material differences of locked quarters; none in a mart of before there were locks."""
    if not has_table(mart, "indicator_restatement"):
        return ()
    return tuple(LockedRestatement(**row) for row in rows(mart, _LOCKED))


# Indicators whose figures by body everyone may see; a body's quarter of the others can be one business.
_OPEN = """
    SELECT DISTINCT indicator_key FROM disclosure_rule
    WHERE scope = 'partner' AND resolution = 'quarter' AND open_because IS NOT NULL
"""


def _protected(
    locked: tuple[LockedRestatement, ...], public: duckdb.DuckDBPyConnection | None
) -> tuple[LockedRestatement, ...]:
    """That something changed, and for figures that need no protection what; without a public mart for none."""
    shown = (
        {row["indicator_key"] for row in rows(public, _OPEN)}
        if public is not None and has_table(public, "disclosure_rule")
        else set()
    )
    return tuple(one if one.indicator_key in shown else replace(one, locked=None, known=None) for one in locked)


def read_restatements(
    mart: duckdb.DuckDBPyConnection,
    previous: duckdb.DuckDBPyConnection | None,
    public: duckdb.DuckDBPyConnection | None = None,
) -> Restatements:
    """Compare with the release readers had before. A quarter either of them does not have is not compared.

    Figures of bodies are shown as the public mart lets them be (decision 30): a pack goes from hand to hand.
    """
    locked = _protected(read_locked_restatements(mart), public)
    if previous is None:
        return Restatements(None, (), locked)
    (info,) = rows(previous, "SELECT release_id FROM release_info")
    now = {(row["indicator_key"], row["period_key"]): row["value"] for row in rows(mart, _FIGURES)}
    changes: list[Restatement] = []
    withheld: dict[str, tuple[str, ...]] = {}
    for row in rows(previous, _FIGURES):
        key = (row["indicator_key"], row["period_key"])
        if key not in now:
            continue
        # What either of them withholds is no change of a figure, and no proof that there is none.
        if None in (now[key], row["value"]):
            withheld[key[0]] = (*withheld.get(key[0], ()), key[1])
        elif now[key] != row["value"]:
            changes.append(Restatement(*key, row["value"], now[key], row["was_closed"]))
    return Restatements(info["release_id"], tuple(changes), locked, tuple(withheld.items()))
