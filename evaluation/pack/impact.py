"""Net jobs, GVA and value for money as the evaluation modelled them; or which assumption is missing.

A modelled figure is never shown without its range, its level, its standing and its caveats.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import has_table, rows

MEASURES = ("net_jobs", "gva_present_value", "gva_less_public_cost", "gva_per_public_pound")
GVA = "gva_present_value"


@dataclass(frozen=True)
class Range:
    """One measure at one spatial level under one assumption set. Levels are never added.

    `uk_central` stands beside every figure below the UK; None where that of the UK is missing.
    """

    assumption_set: str
    spatial_level: str
    measure: str
    unit: str
    low: Decimal
    central: Decimal
    high: Decimal
    is_draft: bool
    is_assured: bool
    price_base: str | None
    uk_central: Decimal | None


@dataclass(frozen=True)
class MissingAssumption:
    """An assumption nobody has registered, or that may not be used. `levels` are those it is missing for."""

    name: str
    meaning: str
    problem: str
    levels: str


@dataclass(frozen=True)
class Switch:
    """The value of one assumption at which GVA equals public cost. `outcome` says why where there is none."""

    assumption_set: str
    spatial_level: str
    assumption_name: str
    unit: str
    central_value: Decimal
    switching_value: Decimal | None
    is_within_range: bool | None
    outcome: str


@dataclass(frozen=True)
class Impact:
    """What the evaluation says of a release. `gross_verified` is None where the jobs are withheld."""

    gross_verified: Decimal | None
    ranges: tuple[Range, ...]
    switches: tuple[Switch, ...]
    missing: tuple[MissingAssumption, ...]
    caveats: tuple[str, ...]
    horizon_flags: tuple[str, ...]


_RANGES = f"""
    SELECT assumption_set, spatial_level, measure, any_value(unit) AS unit,
        max(modelled_value) FILTER (scenario = 'low') AS low,
        max(modelled_value) FILTER (scenario = 'central') AS central,
        max(modelled_value) FILTER (scenario = 'high') AS high,
        bool_or(status = 'modelled_draft') AS is_draft,
        bool_and(assurance_status = 'assured') AS is_assured,
        max(nullif(price_base, 'not_applicable')) AS price_base,
        max(uk_modelled_value) FILTER (scenario = 'central') AS uk_central
    FROM evaluation_result
    WHERE measure IN {MEASURES}
    GROUP BY assumption_set, spatial_level, measure
    HAVING count(modelled_value) = 3
    ORDER BY list_position({list(MEASURES)}, measure),
        assumption_set <> 'programme', assumption_set, list_position(['local', 'regional', 'uk'], spatial_level)
"""
_SWITCHES = """
    SELECT assumption_set, spatial_level, assumption_name, unit, central_value, switching_value, is_within_range,
        outcome
    FROM evaluation_switching_value
    ORDER BY assumption_set <> 'programme', assumption_set,
        list_position(['local', 'regional', 'uk'], spatial_level), assumption_name
"""
_MISSING = """
    SELECT name, any_value(rationale) AS meaning, any_value(problem) AS problem,
        string_agg(DISTINCT spatial_level, ', ' ORDER BY spatial_level) AS levels
    FROM evaluation_assumption
    WHERE status IN ('missing', 'not_usable', 'invalid')
    GROUP BY name
    ORDER BY name
"""
_CAVEATS = """
    SELECT caveat
    FROM evaluation_caveat
    WHERE measure IN ('net_jobs', 'gva_present_value', 'gva_per_public_pound')
    GROUP BY caveat
    ORDER BY min(caveat_order), caveat
"""


def read_impact(mart: duckdb.DuckDBPyConnection) -> Impact | None:
    """The evaluation of the release; None when it was made without one."""
    if not has_table(mart, "evaluation_result"):
        return None
    (gross,) = rows(mart, "SELECT max(gross_verified_fte) AS fte FROM evaluation_result")
    return Impact(
        gross_verified=gross["fte"],
        ranges=tuple(Range(**row) for row in rows(mart, _RANGES)),
        switches=tuple(Switch(**row) for row in rows(mart, _SWITCHES)),
        missing=tuple(MissingAssumption(**row) for row in rows(mart, _MISSING)),
        caveats=tuple(row["caveat"] for row in rows(mart, _CAVEATS)),
        horizon_flags=tuple(
            row["horizon_flag"]
            for row in rows(
                mart,
                "SELECT DISTINCT horizon_flag FROM evaluation_run WHERE horizon_flag IS NOT NULL ORDER BY horizon_flag",
            )
        ),
    )
