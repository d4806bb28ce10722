"""`public_tables.yaml`: which figures the public sees, who contributes to them and what protects them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.yamlfile import read_yaml
from evaluation.disclosure.errors import InvalidConfiguration
from evaluation.disclosure.rules import Rules

DEFAULT = Path(__file__).with_name("public_tables.yaml")


class Scope(StrEnum):
    """What a figure can be cut by; the value is the column of the contributions. `programme` is no cut at all."""

    PROGRAMME = "programme"
    PARTNER = "partner"
    CLUSTER = "cluster"
    LOCAL_AUTHORITY = "local_authority"
    ORGANISATION_TYPE = "organisation_type"
    SIZE_BAND = "size_band"
    LEVERAGE_SOURCE = "leverage_source"


CUTS = tuple(scope for scope in Scope if scope is not Scope.PROGRAMME)

# Scopes that hold the same facts: a body's facts lie in one cluster for most indicators.
LINKED = (Scope.PARTNER, Scope.CLUSTER)

# How fine over time a cut is shown.
Resolution = Literal["quarter", "year"]


class RuleSet(Rules):
    """Rules with what they are for.

    `kind`: `count` is a number of things, `sum` an amount whose contributors have shares of it.
    `contributor`: the unit to protect; `itself` where what is counted is the unit, such as persons at events.
    `protection`: the width an attacker's interval around a hidden count must have, by default the threshold.
    `protection_share`: the same for a hidden sum, as a share of it.
    `rounding`: base to which figures are rounded, if at all.
    """

    kind: Literal["count", "sum"]
    contributor: Literal["itself", "organisation", "member"]
    protection: int | None = Field(default=None, ge=1)
    protection_share: float = Field(default=0.1, gt=0, le=1)
    rounding: int | None = Field(default=None, ge=2)

    @model_validator(mode="after")
    def _coherent(self) -> RuleSet:
        shares = self.dominance is not None or self.p_percent is not None
        if self.kind == "count" and shares:
            raise ValueError("dominance and p_percent are for sums")
        if self.kind == "sum" and not shares:
            raise ValueError("a sum needs dominance or p_percent beside its threshold")
        if self.kind == "sum" and self.contributor == "itself":
            raise ValueError("a sum needs the contributor whose share is protected")
        return self

    @property
    def width(self) -> int:
        """How wide the interval of a hidden count must be."""
        return self.protection or self.threshold


class Series(BaseModel):
    """One indicator in public. `rules`: a rule set's name; `open`: why it needs none. `scopes`: its cuts.

    `linked`: cuts that are protected as one, since everyone can know which facts of one are facts of the other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: str | None = None
    open: str | None = None
    scopes: dict[Scope, Resolution] = Field(default_factory=dict)
    linked: tuple[Scope, ...] = LINKED

    @model_validator(mode="after")
    def _one_of_both(self) -> Series:
        if (self.rules is None) == (self.open is None):
            raise ValueError("give either rules or open, with the reason why it needs no protection")
        if Scope.PROGRAMME in self.scopes:
            raise ValueError("scopes: programme is always shown by quarter; leave it out")
        if self.linked[:2] != LINKED or len(set(self.linked)) < len(self.linked) or Scope.PROGRAMME in self.linked:
            raise ValueError("linked: give partner, cluster, and other scopes of the indicator after them, each once")
        return self

    @property
    def cuts(self) -> list[tuple[Scope, ...]]:
        """The scopes, those that are linked together."""
        linked = tuple(scope for scope in self.linked if scope in self.scopes)
        return list(dict.fromkeys(linked if scope in linked else (scope,) for scope in self.scopes))


class PublicConfiguration(BaseModel):
    """The whole file. `public_after_days`: days after a quarter's end from which its figures are shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_after_days: int = Field(ge=0)
    list_grants: bool
    rule_sets: dict[str, RuleSet]
    indicators: dict[str, Series] = Field(min_length=1)

    @model_validator(mode="after")
    def _rules_exist(self) -> PublicConfiguration:
        for name, series in self.indicators.items():
            if series.rules is not None and series.rules not in self.rule_sets:
                raise ValueError(f"indicators.{name}.rules: {series.rules} is not one of rule_sets")
        return self

    def rules_of(self, indicator: str) -> RuleSet | None:
        """The rules of an indicator; None where it is open."""
        name = self.indicators[indicator].rules
        return self.rule_sets[name] if name is not None else None


def load_configuration(path: Path = DEFAULT) -> PublicConfiguration:
    """The configuration in a YAML file. Raises InvalidConfiguration naming the file and every field that is wrong."""
    return read_yaml(path, PublicConfiguration, raises=InvalidConfiguration)
