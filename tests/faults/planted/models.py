"""Models: the fault of every check of the gate, planted in the candidate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from quality.suites import CheckDefinition
from tests.faults.fault import Planted, then_night
from tests.faults.stage import KEPT_BACK, NOTHING, PUBLISHED, TOLD, hangs_on
from tests.orchestration.rules.test_planted_gate import CHECKS
from tests.orchestration.rules.test_planted_gate import _fault as fault_of

# Their fault is one against a check that protects all, too.
_BREAKS_MORE = frozenset(
    {
        "areas_of_assisted_businesses_are_known",
        "assisted_business_counts_once",
        "counted_attendance_is_one_per_record",
        "dim_organisation_has_rows",
        "dim_organisation_organisation_key_is_filled",
        "enabled_sources_ever_gave_a_row",
        "pilot_counts_once",
    }
)


def _expected(check: CheckDefinition) -> str:
    """A warning is told; a critical check keeps back what it protects, which may be all of the release."""
    if check.name in _BREAKS_MORE:
        return NOTHING
    if check.severity == "warning":
        return TOLD
    return NOTHING if is_release_wide(check) else KEPT_BACK


def is_release_wide(check: CheckDefinition) -> bool:
    """Whether a check keeps back all: by its own word, or as every indicator hangs on what it looks at, or none."""
    every = {key for keys in hangs_on().values() for key in keys}
    protected = {key for table in check.protects or (check.table,) for key in hangs_on().get(table, [])}
    return check.scope == "release" or (check.scope is None and protected in (set(), every))


def faults() -> Iterator[Planted]:
    """Every fault of this place."""
    for name, check in CHECKS.items():
        yield Planted(
            f"model_{name}",
            "models",
            f"against `{name}`",
            _expected(check),
            partial(then_night, lambda stage, check=check: stage.query(fault_of(check))),
            "" if name in _BREAKS_MORE else name,
            is_quick=name in {"no_negative_amount_gbp_in_fct_leverage", "person_keys_are_pseudonyms"},
        )
    yield Planted(
        "model_none",
        "models",
        "none: tonight's candidate as it is",
        PUBLISHED,
        lambda stage: stage.night(),
        is_quick=True,
    )
