"""Registers for tests. The figures are those of the worked example: illustrative, of no programme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaluation.assumptions import AssumptionSet, build_sets

# name, value, low, high, unit, level
WORKED = (
    ("deadweight", "0.45", "0.30", "0.60", "share", "all"),
    ("leakage", "0.10", "0.05", "0.15", "share", "local"),
    ("displacement", "0.25", "0.15", "0.40", "share", "local"),
    ("substitution", "0", "0", "0.05", "share", "all"),
    ("multiplier", "1.25", "1.10", "1.40", "ratio", "local"),
    ("gva_per_fte", "50000", "", "", "GBP per FTE and year", "all"),
    ("persistence_years", "3", "", "", "years", "all"),
    ("decay", "0.10", "0.05", "0.20", "share a year", "all"),
    ("price_base_year", "2023", "", "", "financial year", "all"),
    ("pv_base_year", "2023", "", "", "financial year", "all"),
    ("programme_cost_year_0", "300000", "", "", "GBP", "all"),
    ("programme_cost_year_1", "200000", "", "", "GBP", "all"),
)


def rows(changes: Mapping[str, Mapping[str, str]] | None = None, **everywhere: str) -> list[dict[str, str]]:
    """Raw cells of the worked register; `changes` by name, `everywhere` in every row."""
    found = []
    for number, (name, value, low, high, unit, level) in enumerate(WORKED, start=1):
        row = {
            "id": f"A{number:02}", "version": "1", "name": name, "value": value, "low": low, "high": high,
            "unit": unit, "spatial_level": level, "rationale": "illustrative", "source": "worked example",
            "quality_rag": "amber", "impact_rag": "amber", "owner": "evaluation lead",
            "approved_by": "programme board", "approved_on": "2025-01-31", "valid_from": "2025-01-01",
            "valid_to": "", "review_by": "2026-01-01",
        }  # fmt: skip
        found.append({**row, **everywhere, **(changes or {}).get(name, {})})
    return found


def build(raw: Iterable[Mapping[str, str]]) -> AssumptionSet:
    """The one set of some raw rows."""
    (found,) = build_sets(enumerate(raw, start=2))
    return found


def csv_text(raw: list[dict[str, str]]) -> str:
    """The rows as a register file."""
    lines = [",".join(raw[0]), *(",".join(row.values()) for row in raw)]
    return "\n".join(lines) + "\n"
