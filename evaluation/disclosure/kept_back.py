"""What the gate withholds of an indicator, in public: quarters of scopes whose figures nobody may see.

A quarter whose whole is withheld is withheld by every breakdown: they are protected as one table with it. Of a quarter
that was public before, disclosure control goes on with what was said then, unseen, so that nobody learns from what
comes after; one that never was public waits, with those after it, until it stands (docs/decisions/0387).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb

from evaluation.disclosure.configuration import Scope
from evaluation.disclosure.contributions import Quarter, SeriesCells
from evaluation.disclosure.revision import Edition
from evaluation.pack.mart_rows import has_table, quality_status


@dataclass(frozen=True)
class KeptBack:
    """The quarters of one indicator that are withheld, by scope."""

    periods: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, scope: Scope) -> frozenset[str]:
        """The quarters withheld in a scope."""
        return self.periods.get(str(Scope.PROGRAMME), frozenset()) | self.periods.get(str(scope), frozenset())

    @property
    def all_periods(self) -> frozenset[str]:
        """The quarters withheld in any scope."""
        return frozenset().union(*self.periods.values())

    def protected(
        self, now: SeriesCells, editions: Sequence[Edition], quarters: Sequence[Quarter]
    ) -> tuple[SeriesCells, list[Quarter]]:
        """The contributions and quarters with which disclosure control goes on. `editions`: newest first."""
        if not self.periods:
            return now, list(quarters)
        latest = editions[0] if editions else Edition(SeriesCells(()), frozenset())
        said_before = self.all_periods & latest.periods
        waiting = self.all_periods - latest.periods
        from_then = min(waiting, default=None)
        return now.with_periods_of(latest.cells, said_before), [
            replace(quarter, is_public=quarter.is_public and (from_then is None or quarter.period_key < from_then))
            for quarter in quarters
        ]


NOTHING = KeptBack()


def read_kept_back(mart: duckdb.DuckDBPyConnection) -> dict[str, KeptBack]:
    """What the mart of a release withholds, by indicator. Releases of before December 2026 withhold nothing."""
    if not has_table(mart, "indicator_value") or quality_status(mart, "indicator_value", "v") == "'available'":
        return {}
    found: dict[str, dict[str, set[str]]] = {}
    for indicator, scope, period in mart.execute(
        "SELECT DISTINCT indicator_key, scope, period_key FROM indicator_value "
        "WHERE quality_status = 'withheld' AND value IS NULL AND basis = 'verified'"
    ).fetchall():
        found.setdefault(indicator, {}).setdefault(scope, set()).add(period)
    return {
        indicator: KeptBack({scope: frozenset(periods) for scope, periods in scopes.items()})
        for indicator, scopes in found.items()
    }
