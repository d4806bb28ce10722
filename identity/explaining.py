"""Why two records are one organisation, or are not: what was compared, in bits from the start to the sum."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from identity.links import State
from identity.matching import match
from identity.scoring import learnt_start

Record = tuple[str, str]
# The state that speaks first where several links join two organisations.
_ORDER = [State.ACCEPTED, State.VETOED, State.REVIEW, State.WEAK]


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall: what was compared, how it came out, its bits and the sum so far."""

    name: str
    level: str
    bits: float
    total: float


@dataclass(frozen=True)
class Explanation:
    """One link between two records. Without a scored comparison it has no steps."""

    left: Record
    right: Record
    method: str
    state: State
    probability: float | None
    vetoes: list[str]
    steps: list[Step]


def explain(links: pa.Table, one: Iterable[Record], other: Iterable[Record]) -> list[Explanation]:
    """Each link between the records of two sides, the one that decides first."""
    these, those = set(one), set(other)
    found = []
    for row in links.to_pylist():
        left = (row["left_source_system"], row["left_source_record_id"])
        right = (row["right_source_system"], row["right_source_record_id"])
        if (left in these and right in those) or (left in those and right in these):
            found.append(_explained(left, right, row))
    return sorted(
        found,
        key=lambda each: (_ORDER.index(each.state), not each.steps, -(each.probability or 0), each.left, each.right),
    )


def score_alone(mentions: pa.Table) -> list[Explanation]:
    """What two mentions say of each other when nothing else is known; empty when they share nothing to compare by."""
    return [
        _explained(
            (row["left_source_system"], row["left_source_record_id"]),
            (row["right_source_system"], row["right_source_record_id"]),
            row,
        )
        for row in match(mentions).to_pylist()
    ]


def _explained(left: Record, right: Record, row: dict[str, Any]) -> Explanation:
    evidence = json.loads(row["evidence"])
    total = learnt_start()
    steps = [Step("start", "any two records", total, total)] if evidence["comparisons"] else []
    for comparison in evidence["comparisons"]:
        total += comparison["weight"]
        steps.append(Step(comparison["name"], comparison["level"], comparison["weight"], total))
    return Explanation(
        left, right, row["match_method"], State(row["state"]), row["match_probability"], evidence["vetoes"], steps
    )


def waterfall(explanation: Explanation) -> dict[str, Any]:
    """The waterfall of a link as a Vega-Lite chart."""
    bars = []
    before = 0.0
    for step in explanation.steps:
        bars.append(
            {
                "what": f"{step.name}: {step.level}",
                "from": before,
                "to": step.total,
                "for": step.bits >= 0,
                "bits": round(step.bits, 1),
            }
        )
        before = step.total
    bars.append({"what": "sum", "from": 0, "to": before, "for": before >= 0, "bits": round(before, 1)})
    left, right = (" ".join(record) for record in (explanation.left, explanation.right))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {
            "text": f"{left} and {right}",
            "subtitle": f"{explanation.state} by {explanation.method}; bits, log2 of the odds",
        },
        "data": {"values": bars},
        "width": 420,
        "encoding": {
            "y": {"field": "what", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 320}}
        },
        "layer": [
            {
                "mark": "bar",
                "encoding": {
                    "x": {"field": "from", "type": "quantitative", "title": "bits for one organisation"},
                    "x2": {"field": "to"},
                    "color": {
                        "field": "for",
                        "type": "nominal",
                        "scale": {"domain": [True, False], "range": ["#1b6ca8", "#b3541e"]},
                        "legend": None,
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4},
                "encoding": {"x": {"field": "to", "type": "quantitative"}, "text": {"field": "bits"}},
            },
        ],
    }
