"""Resource levered: committed, realised and outstanding, and what became of the money that was returned.

Committed and realised are never added: what is realised was committed before.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import rows

COMMITTED = "resource_committed"
REALISED = "resource_levered"
APART = ("loan", "equity")


@dataclass(frozen=True)
class ApartLine:
    """Verified loans or equity, which are reported beside the figure and are no part of it, in GBP."""

    kind: str
    committed: Decimal
    realised: Decimal


@dataclass(frozen=True)
class WaterfallStep:
    """What the claim loses to one reason (negative), in GBP."""

    reason: str
    amount: Decimal


@dataclass(frozen=True)
class Leverage:
    """`claimed` plus all `steps` is `realised`. Amounts in GBP. `is_withheld`: some is, and none is to be shown."""

    apart: tuple[ApartLine, ...]
    pipeline: Decimal
    claimed: Decimal
    steps: tuple[WaterfallStep, ...]
    realised: Decimal
    committed: Decimal
    is_withheld: bool = False

    @property
    def outstanding(self) -> Decimal:
        """Committed and not yet realised."""
        return self.committed - self.realised


def _apart(mart: duckdb.DuckDBPyConnection) -> tuple[ApartLine, ...]:
    found = rows(
        mart,
        f"""
        SELECT leverage_kind AS kind,
            coalesce(sum(amount_gbp) FILTER (stage = 'committed'), 0)::DECIMAL(18, 2) AS committed,
            coalesce(sum(amount_gbp) FILTER (stage = 'realised'), 0)::DECIMAL(18, 2) AS realised
        FROM fct_leverage
        WHERE stage IN ('committed', 'realised') AND status = 'verified' AND leverage_kind IN {APART}
        GROUP BY leverage_kind
        ORDER BY leverage_kind
        """,
    )
    return tuple(ApartLine(**row) for row in found)


def _waterfall(mart: duckdb.DuckDBPyConnection) -> tuple[Decimal, tuple[WaterfallStep, ...], Decimal]:
    found = rows(
        mart,
        """
        SELECT CASE
                WHEN is_counted AND status = 'verified' THEN 'counted_at_less'
                ELSE coalesce(not_counted_reason, status)
            END AS reason,
            sum(claimed_quantity)::DECIMAL(18, 2) AS claimed,
            sum(CASE WHEN is_counted AND status = 'verified' THEN quantity ELSE 0 END)::DECIMAL(18, 2) AS counted
        FROM indicator_fact
        WHERE indicator_key = $indicator AND status <> 'withdrawn'
        GROUP BY 1
        ORDER BY 2 DESC, 1
        """,
        {"indicator": REALISED},
    )
    claimed = sum((row["claimed"] for row in found), Decimal(0))
    realised = sum((row["counted"] for row in found), Decimal(0))
    steps = tuple(
        WaterfallStep(row["reason"], row["counted"] - row["claimed"])
        for row in found
        if row["counted"] != row["claimed"]
    )
    return claimed, steps, realised


def read_leverage(mart: duckdb.DuckDBPyConnection) -> Leverage:
    """Leverage of the whole programme; nothing of it where some quarter is withheld."""
    (kept,) = rows(
        mart,
        "SELECT bool_or(value IS NULL) AS back FROM indicator_value "
        f"WHERE scope = 'programme' AND indicator_key IN ('{REALISED}', '{COMMITTED}')",
    )
    if kept["back"]:
        none = Decimal(0)
        return Leverage((), none, none, (), none, none, is_withheld=True)
    claimed, steps, realised = _waterfall(mart)
    (pipeline,) = rows(
        mart,
        "SELECT coalesce(sum(amount_gbp), 0)::DECIMAL(18, 2) AS amount FROM fct_leverage "
        "WHERE stage = 'pipeline' AND status <> 'withdrawn'",
    )
    (committed,) = rows(
        mart,
        "SELECT coalesce(sum(quantity), 0)::DECIMAL(18, 2) AS amount FROM indicator_fact "
        "WHERE indicator_key = $indicator AND is_counted AND status = 'verified'",
        {"indicator": COMMITTED},
    )
    return Leverage(_apart(mart), pipeline["amount"], claimed, steps, realised, committed["amount"])
