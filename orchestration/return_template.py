"""What the warehouse knows of a body before it fills in its return: the programme's quarters, its rows and figures."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.catalogue import return_contract
from ingestion.sources.returns.carried import carried_rows
from ingestion.sources.returns.template import Figure, Known
from orchestration.dbt_runner import PROJECT_DIR

if TYPE_CHECKING:
    import duckdb


def programme_quarters() -> list[str]:
    """The programme's quarters, as its seed has them."""
    with (PROJECT_DIR / "seeds" / "programme.csv").open(encoding="utf-8", newline="") as file:
        newest = max(csv.DictReader(file), key=lambda row: row["valid_from"])
    found = [newest["first_period_key"]]
    while found[-1] != newest["last_period_key"]:
        found.append(_next(found[-1]))
    return found


def _next(period_key: str) -> str:
    year, quarter = int(period_key[:4]), int(period_key[-1])
    year, quarter = (year + 1, 1) if quarter == 4 else (year, quarter + 1)
    return f"{year}-{(year + 1) % 100:02}-Q{quarter}"


def known_of(home: Path, mart: duckdb.DuckDBPyConnection | None, partner_code: str, period_key: str) -> Known:
    """What a home knows of a body before a quarter. `mart`: the release that serves, None when there is none."""
    quarters = programme_quarters()
    earlier = [quarter for quarter in quarters if quarter < period_key]
    return Known(
        rows=carried_rows(home, return_contract(), partner_code, period_key),
        figures=list(_figures(mart, partner_code, earlier[-1], period_key)) if mart and earlier else (),
        until=earlier[-1] if earlier else "",
        periods=quarters,
    )


def _figures(mart: duckdb.DuckDBPyConnection, partner_code: str, until: str, period_key: str) -> Iterator[Figure]:
    rows = mart.execute(
        """
        SELECT indicators.name, indicators.unit, verified.cumulative_value, claimed.cumulative_value,
            forecasts.forecast_value, targets.target_value, targets.lower_value, targets.upper_value,
            targets.is_approximate
        FROM dim_indicator AS indicators
        LEFT JOIN indicator_performance AS targets USING (indicator_key)
        LEFT JOIN indicator_value AS verified
            ON indicators.indicator_key = verified.indicator_key AND verified.basis = 'verified'
            AND verified.scope = 'partner' AND verified.scope_key = $partner AND verified.period_key = $until
        LEFT JOIN indicator_value AS claimed
            ON indicators.indicator_key = claimed.indicator_key AND claimed.basis = 'claimed'
            AND claimed.scope = 'partner' AND claimed.scope_key = $partner AND claimed.period_key = $until
        LEFT JOIN indicator_forecast AS forecasts
            ON indicators.indicator_key = forecasts.indicator_key
            AND forecasts.partner_key = $partner AND forecasts.period_key = $period
        WHERE indicators.is_headline
        ORDER BY indicators.indicator_code
        """,
        {"partner": partner_code, "until": until, "period": period_key},
    ).fetchall()
    for name, unit, verified, claimed, forecast, target, lower, upper, is_approximate in rows:
        yield Figure(
            name,
            unit,
            _plain(verified),
            _plain(claimed),
            _plain(forecast),
            _target(target, lower, upper, is_approximate),
        )


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _target(target: Any, lower: Any, upper: Any, is_approximate: bool | None) -> str:
    """The target in words: nobody's is shown where none was agreed."""
    ends = [f"{end.normalize():,f}" for end in ((lower, upper) if target is None else (target,)) if end is not None]
    if not ends:
        return "none agreed"
    about = "about " if is_approximate else ""
    return f"{about}{' to '.join(ends)} for the whole programme"
