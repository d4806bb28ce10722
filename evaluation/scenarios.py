"""The low, central and high case of a selection: low takes of every range the end that lowers the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from evaluation.assumptions import Assumption
from evaluation.vocabulary import meaning

Scenario = Literal["low", "central", "high"]
SCENARIOS: tuple[Scenario, ...] = ("low", "central", "high")


def values(used: Mapping[str, Assumption], scenario: Scenario) -> dict[str, float]:
    """Value of each assumption in a scenario; one without a range has its central value in all three."""
    return {name: _value(assumption, scenario) for name, assumption in used.items()}


def bounds(assumption: Assumption) -> tuple[float, float]:
    """The range as numbers; both ends are the value where none is stated."""
    low = assumption.value if assumption.low is None else assumption.low
    high = assumption.value if assumption.high is None else assumption.high
    return float(low), float(high)


def _value(assumption: Assumption, scenario: Scenario) -> float:
    if scenario == "central":
        return float(assumption.value)
    low, high = bounds(assumption)
    known = meaning(assumption.name)
    raises = known is not None and known.raises
    return low if raises == (scenario == "low") else high
