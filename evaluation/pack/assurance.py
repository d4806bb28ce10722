"""Data quality: what the gate checked, what was let through and why, what was refused, how old the sources are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from evaluation.pack.mart_rows import has_table, rows


@dataclass(frozen=True)
class Dimension:
    """Checks of one dimension of data quality, by outcome."""

    dimension: str
    checks: int
    passed: int
    failed: int
    not_applicable: int


@dataclass(frozen=True)
class Check:
    """One check of the gate and how it went."""

    check: str
    dimension: str
    severity: str
    table: str
    outcome: str
    meaning: str


@dataclass(frozen=True)
class OpenWarning:
    """A check that does not hold but does not block either: a warning, or a critical one that keeps figures back."""

    check: str
    dimension: str
    severity: str
    meaning: str
    observed: str
    owner: str
    remedy: str


@dataclass(frozen=True)
class Waiver:
    """A permitted exception from a check, in force on the night of the release."""

    check: str
    scope: str
    reason: str
    approved_by: str
    expires_on: date


@dataclass(frozen=True)
class KeptBack:
    """What a failed check keeps back, or a waiver lets stand (`status`). `what` names the figures."""

    rule: str
    what: str
    status: str
    reason: str


@dataclass(frozen=True)
class Source:
    """A source system on the night of the release. `rows_quarantined` is of that night."""

    source: str
    status: str
    last_good_read_at: datetime | None
    age_days: int | None
    rows_read: int
    rows_quarantined: int


@dataclass(frozen=True)
class Quarantined:
    """Rows refused for one reason: kept with their place, not counted."""

    source: str
    stream: str
    reason: str
    rows: int


@dataclass(frozen=True)
class RefusedFile:
    """A file refused whole and kept."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True)
class ReturnsOfQuarter:
    """Returns owed for one quarter."""

    period_key: str
    expected: int
    received: int
    waived: int
    missing: str


@dataclass(frozen=True)
class Assurance:
    """Everything the data-quality note says."""

    dimensions: tuple[Dimension, ...]
    warnings: tuple[OpenWarning, ...]
    waivers: tuple[Waiver, ...]
    kept_back: tuple[KeptBack, ...]
    sources: tuple[Source, ...]
    quarantined: tuple[Quarantined, ...]
    refused: tuple[RefusedFile, ...]
    returns: tuple[ReturnsOfQuarter, ...]

    @property
    def checks(self) -> int:
        """How many checks there were."""
        return sum(dimension.checks for dimension in self.dimensions)

    @property
    def checks_passed(self) -> int:
        """How many hold."""
        return sum(dimension.passed for dimension in self.dimensions)

    @property
    def rows_quarantined(self) -> int:
        """Rows in quarantine, of all nights."""
        return sum(line.rows for line in self.quarantined)

    @property
    def returns_missing(self) -> int:
        """Returns that were owed, did not come and were not waived."""
        return sum(quarter.expected - quarter.received - quarter.waived for quarter in self.returns)


_DIMENSIONS = """
    SELECT dimension, count(*) AS checks,
        count(*) FILTER (outcome = 'passed') AS passed,
        count(*) FILTER (outcome NOT IN ('passed', 'not_applicable')) AS failed,
        count(*) FILTER (outcome = 'not_applicable') AS not_applicable
    FROM quality_result
    GROUP BY dimension
    ORDER BY dimension
"""
_WARNINGS = """
    SELECT check_name AS check, dimension, severity, meaning, observed, owner, remedy
    FROM quality_result
    WHERE outcome NOT IN ('passed', 'not_applicable')
    ORDER BY severity, check_name
"""
_WAIVERS = """
    SELECT check_name AS check, scope_key AS scope, reason, approved_by_role AS approved_by, expires_on
    FROM waiver
    WHERE is_in_force AND check_name IN (SELECT check_name FROM quality_result)
    ORDER BY check_name, scope_key
"""
_KEPT_BACK = """
    SELECT rule_id AS rule,
        concat_ws(', ', coalesce(i.name, 'all indicators'), 'cluster body ' || q.partner_key, q.period_key,
            'by ' || replace(q.breakdown, '_', ' ')) AS what,
        q.status, q.reason
    FROM quality_consequence AS q LEFT JOIN dim_indicator AS i USING (indicator_key)
    ORDER BY q.status DESC, q.rule_id, i.indicator_code, q.partner_key, q.period_key
"""
_SOURCES = """
    SELECT source,
        CASE
            WHEN bool_or(status = 'failed') THEN 'failed'
            WHEN bool_or(status = 'refused') THEN 'refused'
            WHEN bool_or(status = 'loaded') THEN 'loaded'
            ELSE 'unchanged'
        END AS status,
        min(last_good_read_at) AS last_good_read_at,
        max(last_good_read_age_days) AS age_days,
        coalesce(sum(rows_read), 0)::BIGINT AS rows_read,
        coalesce(sum(rows_quarantined), 0)::BIGINT AS rows_quarantined
    FROM source_run
    WHERE is_latest_run AND status <> 'disabled'
    GROUP BY source
    ORDER BY source
"""
_QUARANTINED = """
    SELECT source, stream, reason_code AS reason, count(DISTINCT place) AS rows
    FROM quarantined_row
    GROUP BY ALL
    ORDER BY ALL
"""
_REFUSED = """
    SELECT kind, file_name AS name, reason
    FROM inbox_file
    WHERE status = 'refused'
    ORDER BY kind, file_name
"""
_RETURNS = """
    SELECT period_key, count(*) AS expected, count(*) FILTER (is_received) AS received,
        count(*) FILTER (is_waived AND NOT is_received) AS waived,
        coalesce(string_agg(partner_key, ', ' ORDER BY partner_key) FILTER (NOT is_received AND NOT is_waived), '')
            AS missing
    FROM return_expected
    GROUP BY period_key
    ORDER BY period_key
"""


_CHECKS = """
    SELECT check_name AS check, dimension, severity, table_name AS table, outcome, meaning
    FROM quality_result
    ORDER BY outcome IN ('passed', 'not_applicable'), dimension, check_name
"""


def read_dimensions(mart: duckdb.DuckDBPyConnection) -> tuple[Dimension, ...]:
    """The checks by dimension, from either mart."""
    return tuple(Dimension(**row) for row in rows(mart, _DIMENSIONS))


def read_checks(mart: duckdb.DuckDBPyConnection) -> tuple[Check, ...]:
    """Every check of the gate, from either mart; those that do not hold first."""
    return tuple(Check(**row) for row in rows(mart, _CHECKS))


def read_kept_back(mart: duckdb.DuckDBPyConnection) -> tuple[KeptBack, ...]:
    """What is withheld and what stands under a waiver; none in releases of before December 2026."""
    if not has_table(mart, "quality_consequence"):
        return ()
    return tuple(KeptBack(**row) for row in rows(mart, _KEPT_BACK))


def read_assurance(mart: duckdb.DuckDBPyConnection) -> Assurance:
    """What the release says of its own quality."""
    return Assurance(
        dimensions=read_dimensions(mart),
        warnings=tuple(OpenWarning(**row) for row in rows(mart, _WARNINGS)),
        waivers=tuple(Waiver(**row) for row in rows(mart, _WAIVERS)),
        kept_back=read_kept_back(mart),
        sources=tuple(Source(**row) for row in rows(mart, _SOURCES)),
        quarantined=tuple(Quarantined(**row) for row in rows(mart, _QUARANTINED)),
        refused=tuple(RefusedFile(**row) for row in rows(mart, _REFUSED)),
        returns=tuple(ReturnsOfQuarter(**row) for row in rows(mart, _RETURNS)),
    )
