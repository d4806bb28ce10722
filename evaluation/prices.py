"""Money in prices of another financial year, by GDP deflators of financial years.

Source: HM Treasury Green Book 2026, 6.47: real equals nominal in year 0. Those of calendar years are another series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import duckdb

from evaluation.assumptions import Assumption
from evaluation.vocabulary import meaning

TABLE = "ref_gdp_deflator_financial"


@dataclass(frozen=True)
class Deflators:
    """Index by the first calendar year of the financial year, and the month of its edition; none by default."""

    index: Mapping[int, Decimal] = field(default_factory=dict)
    edition: str | None = None

    def factor(self, stated: int, wanted: int) -> Decimal | None:
        """What takes money from prices of one year to those of another; None where a year has no deflator."""
        if stated not in self.index or wanted not in self.index:
            return None
        return self.index[wanted] / self.index[stated]

    def known(self) -> str:
        """Which years there are, in words."""
        if not self.index:
            return "no deflators of financial years are known"
        return f"deflators are known for {financial_year(min(self.index))} to {financial_year(max(self.index))} alone"


def read_deflators(connection: duckdb.DuckDBPyConnection) -> Deflators:
    """The deflators of a mart whose tables the connection finds without a prefix; none of a release that lacks them."""
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [TABLE]).fetchone():
        return Deflators()
    rows = connection.execute(
        f"SELECT CAST(left(financial_year, 4) AS INTEGER), value, edition FROM {TABLE} ORDER BY financial_year"
    ).fetchall()
    return Deflators({year: value for year, value, _ in rows}, max((edition for *_, edition in rows), default=None))


def in_prices_of(year: int, row: Assumption, factor: Decimal) -> Assumption:
    """A row of the register in prices of a year: money times the factor, the year itself in the row that names it."""
    known = meaning(row.name)
    if row.name == "price_base_year":
        return row.model_copy(update={"value": Decimal(year)})
    if known is None or known.kind != "money":
        return row
    figures = {"value": row.value, "low": row.low, "high": row.high}
    return row.model_copy(update={name: figure * factor for name, figure in figures.items() if figure is not None})


def financial_year(first: int) -> str:
    """A financial year by the calendar year it begins in: 2024-25."""
    return f"{first}-{(first + 1) % 100:02}"
