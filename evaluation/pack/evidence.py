"""What stands behind a figure: its facts counted by status, evidence grade, source and reason for not counting.

Counts and sums only; no fact and no organisation is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import rows


@dataclass(frozen=True)
class EvidenceLine:
    """Facts of one kind. `quantity` is what counts of them, `claimed` what was returned, in the indicator's unit."""

    label: str
    facts: int
    quantity: Decimal
    claimed: Decimal


@dataclass(frozen=True)
class Evidence:
    """All facts of one indicator, cut four ways; each cut adds up to `total`."""

    total: EvidenceLine
    counted: EvidenceLine
    by_status: tuple[EvidenceLine, ...]
    by_grade: tuple[EvidenceLine, ...]
    by_source: tuple[EvidenceLine, ...]
    not_counted: tuple[EvidenceLine, ...]


@dataclass(frozen=True)
class _Group:
    status: str
    grade: str
    source: str
    is_counted: bool
    reason: str
    facts: int
    exact: Decimal
    exact_claimed: Decimal
    per_unit: Decimal


def _line(label: str, groups: list[_Group]) -> EvidenceLine:
    # Added in the exact unit and divided once: thirds of a post add up.
    per_unit = max((group.per_unit for group in groups), default=Decimal(1))
    return EvidenceLine(
        label,
        sum(group.facts for group in groups),
        sum((group.exact for group in groups), Decimal(0)) / per_unit,
        sum((group.exact_claimed for group in groups), Decimal(0)) / per_unit,
    )


def _cut(groups: list[_Group], by: Callable[[_Group], str]) -> tuple[EvidenceLine, ...]:
    return tuple(
        _line(label, [group for group in groups if by(group) == label]) for label in sorted({by(g) for g in groups})
    )


def _evidence(groups: list[_Group]) -> Evidence:
    return Evidence(
        total=_line("all", groups),
        counted=_line("counted", [group for group in groups if group.is_counted]),
        by_status=_cut(groups, lambda group: group.status),
        by_grade=_cut(groups, lambda group: group.grade),
        by_source=_cut(groups, lambda group: group.source),
        not_counted=_cut([group for group in groups if not group.is_counted], lambda group: group.reason),
    )


def read_evidence(mart: duckdb.DuckDBPyConnection) -> dict[str, Evidence]:
    """The evidence of every indicator that has any fact."""
    found = rows(
        mart,
        """
        SELECT indicator_key, status, coalesce(evidence_grade, 'none') AS grade, source_system AS source, is_counted,
            coalesce(not_counted_reason, status) AS reason, count(*) AS facts,
            -- What is withheld is null, and then none of it is shown.
            coalesce(sum(exact_quantity), 0)::DECIMAL(18, 4) AS exact,
            coalesce(sum(exact_claimed_quantity), 0)::DECIMAL(18, 4) AS exact_claimed,
            max(exact_per_unit) AS per_unit
        FROM indicator_fact
        GROUP BY ALL
        ORDER BY ALL
        """,
    )
    groups: dict[str, list[_Group]] = {}
    for row in found:
        groups.setdefault(row.pop("indicator_key"), []).append(_Group(**row))
    return {key: _evidence(of_one) for key, of_one in groups.items()}
