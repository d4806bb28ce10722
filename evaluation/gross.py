"""What enters an evaluation: the jobs the mart counts, and the facts its caveats name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

# Fewer quarters than a year say nothing of how a body forecasts.
FEWEST_QUARTERS = 4


@dataclass(frozen=True)
class ForecastError:
    """How far jobs stayed behind what bodies had forecast, over quarters that are over.

    `shortfall` is 1 - verified / forecast, 0 where they kept to it or did better. Grain of what was compared: body and
    quarter, by the first forecast returned before the quarter began.
    """

    shortfall: float
    quarters: int


@dataclass(frozen=True)
class GrossJobs:
    """Programme scope, all quarters. `by_year` is verified FTE by the first calendar year of the financial year.

    `forecast_error` is None where fewer than `FEWEST_QUARTERS` quarters can be compared. `is_withheld`: the gate keeps
    some quarter back, and what the others add up to is not the programme's figure.
    """

    by_year: dict[int, float]
    verified_fte: float
    claimed_fte: float
    posts: int
    businesses: int
    posts_without_follow_up: int
    forecast_error: ForecastError | None = None
    is_withheld: bool = False

    def by_offset(self, base_year: int | None) -> dict[int, float]:
        """Verified FTE by years after the base year; all in year 0 where no base year is known."""
        if base_year is None:
            return {0: self.verified_fte}
        return {year - base_year: fte for year, fte in self.by_year.items()} or {0: 0.0}

    @property
    def first_year(self) -> int | None:
        """First financial year with a verified job."""
        return min((year for year, fte in self.by_year.items() if fte), default=None)


def read_gross_jobs(connection: duckdb.DuckDBPyConnection, on: date) -> GrossJobs:
    """Read the jobs of a mart whose tables the connection finds without a prefix. `on` is the release's day."""
    rows = connection.execute("""
        SELECT CAST(left(p.financial_year, 4) AS INTEGER), v.basis, CAST(coalesce(sum(v.value), 0) AS DOUBLE),
            bool_or(v.value IS NULL)
        FROM indicator_value AS v
        INNER JOIN dim_period AS p USING (period_key)
        WHERE v.indicator_key = 'jobs_created' AND v.scope = 'programme'
        GROUP BY ALL
        ORDER BY ALL
    """).fetchall()
    counted = connection.execute("""
        SELECT count(*), count(DISTINCT organisation_key) FROM indicator_fact
        WHERE indicator_key = 'jobs_created' AND is_counted AND status = 'verified'
    """).fetchone()
    unanswered = connection.execute("""
        SELECT count(*) FROM indicator_fact
        WHERE indicator_key = 'jobs_created' AND not_counted_reason = 'no_follow_up'
    """).fetchone()
    posts, businesses = counted or (0, 0)
    verified = {year: fte for year, basis, fte, _ in rows if basis == "verified" and fte}
    return GrossJobs(
        by_year=verified,
        verified_fte=sum(verified.values()),
        claimed_fte=sum(fte for _, basis, fte, _ in rows if basis == "claimed"),
        posts=posts,
        businesses=businesses,
        posts_without_follow_up=unanswered[0] if unanswered else 0,
        forecast_error=_forecast_error(connection, on),
        is_withheld=any(is_missing for *_, is_missing in rows),
    )


def _forecast_error(connection: duckdb.DuckDBPyConnection, on: date) -> ForecastError | None:
    """Own forecast errors before generic values: HM Treasury Green Book 2026, 6.80 and 6.81."""
    found = connection.execute(
        """
        WITH first_forecast AS (
            SELECT partner_key, period_key, arg_min(forecast_value, returned_period_key) AS forecast
            FROM indicator_forecast
            WHERE indicator_key = 'jobs_created' AND returned_period_key < period_key
            GROUP BY partner_key, period_key
        )
        SELECT count(DISTINCT period_key), CAST(sum(v.value) AS DOUBLE), CAST(sum(f.forecast) AS DOUBLE)
        FROM first_forecast AS f
        INNER JOIN dim_period AS p USING (period_key)
        INNER JOIN indicator_value AS v USING (period_key)
        WHERE v.indicator_key = 'jobs_created' AND v.scope = 'partner' AND v.basis = 'verified'
            AND v.scope_key = f.partner_key AND p.ends_on < $on AND v.value IS NOT NULL
        """,
        {"on": on},
    ).fetchone()
    quarters, verified, forecast = found or (0, None, None)
    if quarters < FEWEST_QUARTERS or not forecast:
        return None
    return ForecastError(min(1.0, max(0.0, 1 - verified / forecast)), quarters)
