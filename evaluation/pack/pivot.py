"""Figures by quarter as one long table, a row a figure, for pivot tables.

The whole programme as in the mart; every cut from the public mart, after disclosure control.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import quality_status, rows
from evaluation.pack.wording import NOT_AVAILABLE, WITHHELD


@dataclass(frozen=True)
class LongFigure:
    """One figure of one quarter, in the indicator's unit. `value` is None where `status` says why."""

    indicator_key: str
    period_key: str
    scope: str
    scope_key: str
    scope_name: str
    basis: str
    value: Decimal | None
    status: str


_WHOLE = """
    SELECT v.indicator_key, v.period_key, v.scope, v.scope_key, 'Whole programme' AS scope_name, v.basis, v.value,
        CASE {status} WHEN 'withheld' THEN CASE WHEN v.value IS NULL THEN '{withheld}' ELSE '' END ELSE '' END AS status
    FROM indicator_value AS v
    INNER JOIN dim_period AS p ON v.period_key = p.period_key
    WHERE v.scope = 'programme' AND p.starts_on <= (SELECT released_at FROM release_info)
    ORDER BY ALL
"""
_CUTS = f"""
    SELECT v.indicator_key, v.period_key, v.scope, v.scope_key,
        coalesce(b.name, c.name, a.name, v.scope_key) AS scope_name, v.basis, v.value,
        CASE WHEN v.value IS NULL THEN coalesce(v.status, '{NOT_AVAILABLE}') ELSE '' END AS status
    FROM indicator_value AS v
    LEFT JOIN dim_partner AS b ON v.scope = 'partner' AND v.scope_key = b.partner_key
    LEFT JOIN dim_cluster AS c ON v.scope = 'cluster' AND v.scope_key = c.cluster_key
    LEFT JOIN dim_local_authority AS a ON v.scope = 'local_authority' AND v.scope_key = a.local_authority_code
    WHERE v.scope <> 'programme'
    ORDER BY v.scope, v.scope_key, v.indicator_key, v.period_key, v.basis
"""


def read_long_figures(
    mart: duckdb.DuckDBPyConnection, public: duckdb.DuckDBPyConnection | None
) -> tuple[LongFigure, ...]:
    """The programme's rows first; without a public mart there are no others."""
    whole = _WHOLE.format(status=quality_status(mart, "indicator_value", "v"), withheld=WITHHELD)
    found = [*rows(mart, whole), *(rows(public, _CUTS) if public is not None else [])]
    return tuple(LongFigure(**row) for row in found)
