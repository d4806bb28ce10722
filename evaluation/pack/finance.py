"""Money of the programme as far as the mart has it: grants awarded. Budgets and spend are in no return."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import rows


@dataclass(frozen=True)
class GrantsOfYear:
    """Grants of the programme in one financial year, in GBP; other currencies only counted. What is to be granted again
    is in the grants made of it, and what was withdrawn was not had: neither is here.
    """

    financial_year: str
    awards: int
    amount_gbp: Decimal


def read_grants(mart: duckdb.DuckDBPyConnection) -> list[GrantsOfYear]:
    """The programme's own grants by financial year of the award."""
    found = rows(
        mart,
        """
        SELECT coalesce(p.financial_year, 'not known') AS financial_year, count(*) AS awards,
            coalesce(sum(g.amount_gbp), 0)::DECIMAL(18, 2) AS amount_gbp
        FROM fct_grant_award AS g
        LEFT JOIN dim_period AS p ON g.awarded_on BETWEEN p.starts_on AND p.ends_on
        WHERE g.is_programme_grant AND g.status = 'awarded' AND g.regrant_type IS NULL
        GROUP BY 1
        ORDER BY 1
        """,
    )
    return [GrantsOfYear(**row) for row in found]
