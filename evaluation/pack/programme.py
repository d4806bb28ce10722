"""The programme's own figures: the release, its indicators, quarters and forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import has_table, quality_status, rows

UNNAMED = "Innovation programme"


@dataclass(frozen=True)
class Release:
    """Which release this is. Times are UTC."""

    release_id: str
    released_at: datetime
    data_as_of: datetime | None
    code_version: str
    input_fingerprint: str
    gate_status: str
    programme: str


@dataclass(frozen=True)
class IndicatorDefinition:
    """What an indicator is and what it is to reach, as both marts say it.

    `target` is None where none was stated, and where it is a range, which `lower` and `upper` say; nothing is put in
    its place. `rag` is the worse of output and forecast, or what the programme office set in their place; in the public
    mart green or nothing.
    """

    key: str
    code: str
    name: str
    unit: str
    definition: str
    counting_rule: str
    definition_version: int
    minimum_evidence_grade: str | None
    is_headline: bool
    target: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    target_status: str
    is_approximate: bool
    rag: str | None
    rag_reason: str

    @property
    def has_target(self) -> bool:
        """Whether a figure to reach was stated or agreed."""
        return self.to_reach is not None

    @property
    def to_reach(self) -> Decimal | None:
        """The figure to reach: the target, or the lower end of a range."""
        return self.target if self.lower is None else self.lower


@dataclass(frozen=True)
class Indicator(IndicatorDefinition):
    """One indicator with its figures so far, in its unit.

    `claimed` stands beside `verified` and is never added to it; both are None where they are withheld. `rag` is made of
    `output_rag` and `forecast_rag`, or is `override_rag`.
    """

    verified: Decimal | None
    claimed: Decimal | None
    output_rag: str | None
    forecast_rag: str | None
    override_rag: str | None
    quality_status: str = "available"
    quality_reason: str | None = None

    @property
    def is_withheld(self) -> bool:
        """Whether the gate keeps the figures so far back; `quality_reason` says why."""
        return self.quality_status == "withheld"

    @property
    def share_of_target(self) -> Decimal | None:
        """Verified over the target, or over the lower end of a range, as a fraction."""
        return self.verified / self.to_reach if self.to_reach and self.verified is not None else None


@dataclass(frozen=True)
class Quarter:
    """One of the programme's quarters that has begun."""

    key: str
    starts_on: date
    ends_on: date
    status: str


@dataclass(frozen=True)
class QuarterFigure:
    """An indicator in one quarter: the quarter alone, and the sum of all quarters up to it; None where withheld."""

    value: Decimal | None
    cumulative: Decimal | None


@dataclass(frozen=True)
class Forecast:
    """What the bodies together expect of one quarter. `bodies` of them said anything."""

    value: Decimal
    bodies: int


def read_release(mart: duckdb.DuckDBPyConnection) -> Release:
    """The release a mart file belongs to."""
    (info,) = rows(
        mart,
        "SELECT release_id, released_at, data_as_of, code_version, input_fingerprint, gate_status FROM release_info",
    )
    named = rows(mart, "SELECT name FROM dim_programme") if has_table(mart, "dim_programme") else []
    return Release(**info, programme=named[0]["name"] if named else UNNAMED)


_DEFINITION = """
    i.indicator_key AS key, i.indicator_code AS code, i.name, i.unit, i.definition, i.counting_rule,
    i.definition_version, i.minimum_evidence_grade, i.is_headline, p.target_value AS target,
    p.lower_value AS lower, p.upper_value AS upper, p.target_status, p.is_approximate, p.rag, p.rag_reason
"""
_INDICATORS = """
    FROM dim_indicator AS i
    INNER JOIN indicator_performance AS p USING (indicator_key)
    ORDER BY i.is_headline DESC, i.indicator_code, i.indicator_key
"""


def read_definitions(mart: duckdb.DuckDBPyConnection) -> list[IndicatorDefinition]:
    """Every indicator without its figures, from either mart: headline ones in the order of their codes, then others."""
    return [IndicatorDefinition(**row) for row in rows(mart, f"SELECT {_DEFINITION} {_INDICATORS}")]


def read_indicators(mart: duckdb.DuckDBPyConnection) -> list[Indicator]:
    """Every indicator: the headline ones in the order of their codes, then the others."""
    figures = "p.actual_value AS verified, p.claimed_value AS claimed, p.output_rag, p.forecast_rag, p.override_rag"
    status = quality_status(mart, "indicator_performance", "p")
    reason = "p.quality_reason" if status == "p.quality_status" else "NULL"
    said = f"{status} AS quality_status, {reason} AS quality_reason"
    return [Indicator(**row) for row in rows(mart, f"SELECT {_DEFINITION}, {figures}, {said} {_INDICATORS}")]


def read_quarters(mart: duckdb.DuckDBPyConnection, released_on: date) -> list[Quarter]:
    """The programme's quarters that had begun when the release was made."""
    found = rows(
        mart,
        """
        SELECT period_key AS key, starts_on, ends_on, status
        FROM dim_period
        WHERE is_programme_period AND starts_on <= $released_on
        ORDER BY starts_on
        """,
        {"released_on": released_on},
    )
    return [Quarter(**row) for row in found]


def reporting_quarter(quarters: list[Quarter], released_on: date) -> Quarter | None:
    """The last quarter that had ended: the one a report is about."""
    ended = [quarter for quarter in quarters if quarter.ends_on < released_on]
    return ended[-1] if ended else None


def read_quarter_figures(mart: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], QuarterFigure]:
    """The programme's figures by indicator, quarter and basis."""
    found = rows(
        mart,
        """
        SELECT indicator_key, period_key, basis, value, cumulative_value
        FROM indicator_value
        WHERE scope = 'programme'
        """,
    )
    return {
        (row["indicator_key"], row["period_key"], row["basis"]): QuarterFigure(row["value"], row["cumulative_value"])
        for row in found
    }


def read_forecasts(mart: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Forecast]:
    """The bodies' forecasts by indicator and quarter, added up; empty in releases that do not have them."""
    if not has_table(mart, "indicator_forecast"):
        return {}
    found = rows(
        mart,
        """
        SELECT indicator_key, period_key, sum(forecast_value)::DECIMAL(18, 4) AS value, count(*) AS bodies
        FROM indicator_forecast
        WHERE forecast_value IS NOT NULL
        GROUP BY indicator_key, period_key
        """,
    )
    return {(row["indicator_key"], row["period_key"]): Forecast(row["value"], row["bodies"]) for row in found}
