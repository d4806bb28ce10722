"""Models: the fault of every check of the gate, planted in the candidate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.faults.fault import Planted, then_night
from tests.faults.stage import (
    NOTHING,
    PUBLISHED,
    TOLD,
)
from tests.orchestration.rules.test_planted_gate import CHECKS
from tests.orchestration.rules.test_planted_gate import _fault as fault_of


def faults() -> Iterator[Planted]:
    """Every fault of this place."""
    for name, check in CHECKS.items():
        yield Planted(
            f"model_{name}",
            "models",
            f"against `{name}`",
            NOTHING if check.severity == "critical" else TOLD,
            partial(then_night, lambda stage, check=check: stage.query(fault_of(check))),
            name,
            is_quick=name in {"no_negative_amount_gbp_in_fct_leverage", "returns_came_in_time"},
        )
    yield Planted(
        "model_none",
        "models",
        "none: tonight's candidate as it is",
        PUBLISHED,
        lambda stage: stage.night(),
        is_quick=True,
    )
