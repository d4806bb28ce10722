"""Discount factors by a dated table of rates that is kept as data (`data/discount_rates.csv`) with its source.

A new edition of a table is appended under the same key with a later date. Grain of the file: key, date and band.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evaluation.additionality import Figure

RATES = Path(__file__).parent / "data" / "discount_rates.csv"


class BadDiscountTable(ValueError):
    """The bands of an edition overlap or leave years out, or two tables are in force; the message says which."""


class NoDiscountTable(ValueError):
    """No table of discount rates is in force on a date; the message says which dates there are."""


@dataclass(frozen=True)
class Band:
    """Years from `from_year` to `to_year` (included; None is open) and their rate a year."""

    from_year: int
    to_year: int | None
    rate: float


@dataclass(frozen=True)
class DiscountTable:
    """One dated set of bands. Year 0 is the base year and is not discounted."""

    key: str
    valid_from: date
    source: str
    bands: tuple[Band, ...]

    def rate(self, year: int) -> float:
        """The rate of one year. Raises ValueError when no band has it."""
        for band in self.bands:
            if band.from_year <= year and (band.to_year is None or year <= band.to_year):
                return band.rate
        raise ValueError(f"discount table {self.key} has no rate for year {year}")

    def factor(self, year: int) -> float:
        """Present value of one pound of that year: each year is discounted at its own band's rate."""
        if year < 0:
            raise ValueError(f"year {year} lies before the base year")
        factor = 1.0
        for past in range(1, year + 1):
            factor /= 1 + self.rate(past)
        return factor


def present_value(stream: Mapping[int, Figure], table: DiscountTable) -> Figure:
    """Value in the base year of a stream by year (GBP in, GBP out)."""
    return sum((value * table.factor(year) for year, value in sorted(stream.items())), 0.0)


def table_in_force(on: date, path: Path = RATES) -> DiscountTable:
    """The newest edition that is in force on a date. Raises NoDiscountTable when there is none, BadDiscountTable for a
    file with an edition whose bands do not follow one another, or with another table's rates in force as well.
    """
    tables = editions(path)
    fitting = [table for table in tables if table.valid_from <= on]
    if not fitting:
        first = min(table.valid_from for table in tables)
        raise NoDiscountTable(f"no discount rates are in force on {on}: the earliest are from {first} ({path.name})")
    keys = sorted({table.key for table in fitting})
    if len(keys) > 1:
        raise BadDiscountTable(
            f"{path.name}: {' and '.join(keys)} are in force on {on}; a new edition has the table_key of the one before"
        )
    return max(fitting, key=lambda table: table.valid_from)


def editions(path: Path = RATES) -> list[DiscountTable]:
    """Every edition of a file of rates. Raises BadDiscountTable for one whose bands do not follow one another."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    tables = []
    for key, valid_from in dict.fromkeys((row["table_key"], row["valid_from"]) for row in rows):
        mine = [row for row in rows if (row["table_key"], row["valid_from"]) == (key, valid_from)]
        bands = sorted(
            (
                Band(int(row["from_year"]), int(row["to_year"]) if row["to_year"] else None, float(row["rate"]))
                for row in mine
            ),
            key=lambda band: band.from_year,
        )
        _check_bands(f"{path.name}: {key} of {valid_from}", bands)
        sources = "; ".join(dict.fromkeys(row["source"] for row in mine))
        tables.append(DiscountTable(key, date.fromisoformat(valid_from), sources, tuple(bands)))
    return tables


def _check_bands(where: str, bands: list[Band]) -> None:
    """Each band begins in the year after the one before it, the first in year 0, and only the last is open."""
    expected: int | None = 0
    for band in bands:
        if expected is None or band.from_year < expected:
            raise BadDiscountTable(f"{where}: the band from year {band.from_year} overlaps the one before it")
        if band.from_year > expected:
            raise BadDiscountTable(f"{where}: no rate for the years {expected} to {band.from_year - 1}")
        if band.to_year is not None and band.to_year < band.from_year:
            raise BadDiscountTable(f"{where}: the band from year {band.from_year} ends before it begins")
        expected = None if band.to_year is None else band.to_year + 1
