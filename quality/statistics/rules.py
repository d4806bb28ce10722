"""The statistical rules and what they look at, as data (`rules.yaml`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from common.yamlfile import read_yaml
from quality.suites import Dimension, InvalidSuite

PATH = Path(__file__).with_suffix(".yaml")
Name = Field(pattern=r"^[a-z][a-z0-9_]*$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StatisticalRule(_Strict):
    """A comparison (`quality.statistics.comparisons`), and from where on it is told; the file explains its settings."""

    id: str = Name
    compares: str = Name
    dimension: Dimension
    statement: str
    fixed_by: str
    remedy: str
    threshold: float = Field(gt=0)
    floor: float = Field(gt=0)
    least_history: int = Field(ge=1)
    history_of: Literal["quarters", "releases", "rows"]
    severity: Literal["warning"] = "warning"
    table: str = "indicator_fact"


class Profiled(_Strict):
    """A table of the mart that is profiled; settings are explained in the file."""

    source: str | None = None
    body: str | None = None
    day: str | None = None
    filled: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    row: str | None = None
    record: str | None = None


class Statistics(_Strict):
    """All of the file."""

    rules: tuple[StatisticalRule, ...]
    profiled: dict[str, Profiled]


@cache
def statistics() -> Statistics:
    """The rules and the profiled tables. Raises InvalidSuite, which names file and line."""
    return read_yaml(PATH, Statistics, PATH.name, InvalidSuite)
