"""What enters an evaluation: the jobs the mart counts, and the facts its caveats name."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class GrossJobs:
    """Programme scope, all quarters. `by_year` is verified FTE by the first calendar year of the financial year."""

    by_year: dict[int, float]
    verified_fte: float
    claimed_fte: float
    posts: int
    businesses: int
    posts_without_follow_up: int

    def by_offset(self, base_year: int | None) -> dict[int, float]:
        """Verified FTE by years after the base year; all in year 0 where no base year is known."""
        if base_year is None:
            return {0: self.verified_fte}
        return {year - base_year: fte for year, fte in self.by_year.items()} or {0: 0.0}

    @property
    def first_year(self) -> int | None:
        """First financial year with a verified job."""
        return min((year for year, fte in self.by_year.items() if fte), default=None)


def read_gross_jobs(connection: duckdb.DuckDBPyConnection) -> GrossJobs:
    """Read the jobs of a mart whose tables the connection finds without a prefix."""
    rows = connection.execute("""
        SELECT CAST(left(p.financial_year, 4) AS INTEGER), v.basis, CAST(sum(v.value) AS DOUBLE)
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
    verified = {year: fte for year, basis, fte in rows if basis == "verified" and fte}
    return GrossJobs(
        by_year=verified,
        verified_fte=sum(verified.values()),
        claimed_fte=sum(fte for _, basis, fte in rows if basis == "claimed"),
        posts=posts,
        businesses=businesses,
        posts_without_follow_up=unanswered[0] if unanswered else 0,
    )
