"""The indicators as the registers define them: definition, rule, target, and which evidence gives which grade."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Indicator:
    """One indicator with its target, if one was stated, and the evidence that is accepted for it."""

    key: str
    code: str
    name: str
    unit: str
    is_headline: bool
    definition: str
    counting_rule: str
    version: str
    minimum_grade: str
    valid_from: str
    source: str
    target: str
    target_source: str
    evidence: tuple[tuple[str, str], ...]


def read_indicators(seeds: Path) -> list[Indicator]:
    """Every indicator of the seeds, in their order: the headline ones first."""
    targets = {row["indicator_key"]: row for row in sorted(_rows(seeds / "target.csv"), key=_edition)}
    evidence: dict[str, list[tuple[str, str]]] = {}
    for row in _rows(seeds / "evidence_rule.csv"):
        evidence.setdefault(row["indicator_key"], []).append((row["evidence"], row["evidence_grade"]))
    return [
        Indicator(
            key=row["indicator_key"],
            code=row["indicator_code"],
            name=row["name"],
            unit=row["unit"],
            is_headline=row["is_headline"].lower() == "true",
            definition=row["definition"],
            counting_rule=row["counting_rule"],
            version=row["definition_version"],
            minimum_grade=row["minimum_evidence_grade"],
            valid_from=row["valid_from"],
            source=row["source"],
            target=_target(targets.get(row["indicator_key"])),
            target_source=targets.get(row["indicator_key"], {}).get("source", ""),
            evidence=tuple(evidence.get(row["indicator_key"], [])),
        )
        for row in _rows(seeds / "indicator.csv")
    ]


def _edition(row: dict[str, str]) -> str:
    return row["valid_from"]


def _target(row: dict[str, str] | None) -> str:
    if row is None or row["target_status"] == "not_stated":
        return "not stated"
    ends = [row[name] for name in ("lower_value", "upper_value") if row[name]] or [row["target_value"]]
    said = " to ".join(end for end in ends if end)
    return f"about {said}" if said and row["is_approximate"].lower() == "true" else said or "to be agreed"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
