"""What a guide lays down for every appraisal from a date on; data with its source (`data/appraisal_rules.yaml`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from common.yamlfile import read_yaml

FILE = Path(__file__).parent / "data" / "appraisal_rules.yaml"


class Rule(BaseModel):
    """One rule. `names` and `levels`: which assumptions it is about, and where; `fixed`: the value that stands there
    without a signed-off exception; `horizon`: years after year 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    valid_from: date
    text: str
    source: str
    names: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    fixed: Decimal | None = None
    horizon: int | None = None


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, whenever it is valid."""
    return read_yaml(FILE, tuple[Rule, ...])


def rule_in_force(key: str, on: date) -> Rule | None:
    """The newest rule of a key that is in force on a date; None before the first."""
    valid = [rule for rule in rules() if rule.key == key and rule.valid_from <= on]
    return max(valid, key=lambda rule: rule.valid_from, default=None)


def fixing(name: str, level: str, on: date) -> Rule | None:
    """The rule that lays down the value of an assumption at a level on a date, if there is one."""
    keys = {rule.key for rule in rules() if rule.fixed is not None and name in rule.names and level in rule.levels}
    found = [rule for key in sorted(keys) if (rule := rule_in_force(key, on)) is not None]
    return found[0] if found else None
