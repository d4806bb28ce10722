"""Precision against recall as a picture: what a threshold buys, beside what has none."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from identity.links import LINK_SCHEMA, State
from identity.matching import METHODS

# What joins without a weight: people, sources, identifiers.
_WITHOUT_WEIGHT = METHODS[: METHODS.index("register_name")]


@dataclass(frozen=True)
class Point:
    """Precision and recall of a contestant, at a threshold where it has one."""

    contestant: str
    precision: float
    recall: float
    threshold: float | None = None

    def row(self) -> dict[str, Any]:
        """For the chart."""
        return vars(self)


def weights(links: pa.Table) -> list[float]:
    """The weight of each link in bits, all of its comparisons together; infinite for what needs none."""
    return [_weight(link) for link in links.select(["match_method", "evidence"]).to_pylist()]


def _weight(link: Mapping[str, str]) -> float:
    comparisons = json.loads(link["evidence"])["comparisons"]
    if link["match_method"] in _WITHOUT_WEIGHT or not comparisons:
        return math.inf
    return sum(float(comparison["weight"]) for comparison in comparisons)


def accepted_from(links: pa.Table, least: float) -> pa.Table:
    """The links as they were if every one that nothing forbids were accepted from this weight on."""
    states = [
        State.VETOED if state == State.VETOED else State.ACCEPTED if weight >= least else State.REVIEW
        for state, weight in zip(links.column("state").to_pylist(), weights(links), strict=True)
    ]
    at = links.column_names.index("state")
    return links.set_column(at, "state", pa.array(states, pa.string())).cast(LINK_SCHEMA)


def draw(points: Sequence[Point], title: str, path: Path) -> None:
    """Write the picture as SVG."""
    import altair as alt

    rows = [point.row() for point in points]
    axes = {
        "x": alt.X("recall:Q", title="recall: share of the true pairs that is found", scale=alt.Scale(zero=False)),
        "y": alt.Y("precision:Q", title="precision: share of what is found that is true", scale=alt.Scale(zero=False)),
    }
    shape = alt.Shape("contestant:N", legend=None)
    colour = alt.Color("contestant:N", title=None, legend=alt.Legend(orient="bottom", columns=2, labelLimit=400))
    lines = alt.Chart(alt.Data(values=[row for row in rows if row["threshold"] is not None]))
    single = alt.Chart(alt.Data(values=[row for row in rows if row["threshold"] is None]))
    chart = alt.layer(
        lines.mark_line(strokeWidth=1.5).encode(**axes, color=colour, order=alt.Order("threshold:Q")),
        single.mark_point(size=90, filled=True).encode(**axes, color=colour, shape=shape),
    ).properties(width=520, height=340, title=title)
    chart.save(str(path), format="svg")
