"""The names an assumption register may hold, with kind, unit and direction; kept as data, without any value."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from common.yamlfile import read_yaml

FILE = Path(__file__).parent / "data" / "assumptions.yaml"
LEVELS = ("local", "regional", "uk")
EVERY_LEVEL = "all"

Kind = Literal["share", "multiplier", "money", "years", "year"]
ALLOWED: dict[Kind, str] = {
    "share": "a share from 0 to 1, such as 0.45 for 45%",
    "multiplier": "1 or more",
    "money": "0 or more",
    "years": "a whole number from 1 to 100",
    "year": "the first year of a financial year, from 1990 to 2100, such as 2024 for 2024-25",
}
_COST = re.compile(r"programme_cost_year_(\d+)")


class Name(BaseModel):
    """One name: what it means, and what its values may be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    unit: str
    description: str
    by_level: bool
    raises: bool = False
    optional: bool = False
    numbered: bool = False
    not_at: tuple[str, ...] = ()

    @property
    def levels(self) -> tuple[str, ...]:
        """The spatial levels at which it may be stated."""
        return tuple(level for level in LEVELS if level not in self.not_at) + (() if self.by_level else (EVERY_LEVEL,))

    @property
    def has_range(self) -> bool:
        """Whether it may have a low and a high value."""
        return self.kind != "year"


@cache
def vocabulary() -> dict[str, Name]:
    """Every name, in the order of the data file."""
    return {name.name: name for name in read_yaml(FILE, list[Name])}


def meaning(name: str) -> Name | None:
    """What a name means; the costs of later years mean what that of year 0 means. None for an unknown name."""
    known = vocabulary().get(name)
    if known is None and _COST.fullmatch(name):
        return vocabulary()["programme_cost_year_0"]
    return known


def cost_year(name: str) -> int | None:
    """The year of a `programme_cost_year_n`; None for any other name."""
    match = _COST.fullmatch(name)
    return int(match.group(1)) if match else None
