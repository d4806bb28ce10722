"""The YAML file that says, per public table, what it is made of and what protects it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from disclosure.errors import InvalidConfiguration
from disclosure.rules import Rules


class Dimension(BaseModel):
    """One classification of a table; `levels` are its columns from coarse to fine, such as region, authority."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    levels: tuple[str, ...] = Field(min_length=1)


class Protection(BaseModel):
    """How uncertain a suppressed cell must stay: upper less lower bound exceeds `width` and `share` of the value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: float = Field(default=0, ge=0)
    share: float = Field(default=0, ge=0, le=1)

    @model_validator(mode="after")
    def _something(self) -> Protection:
        if not self.width and not self.share:
            raise ValueError("give a width or a share above 0; otherwise a suppressed cell could be known exactly")
        return self


class Rounding(BaseModel):
    """`nearest`: each cell by itself, not additive; `controlled`: to a neighbouring multiple, additive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: int = Field(ge=2)
    method: Literal["nearest", "controlled"] = "nearest"


class TableConfiguration(BaseModel):
    """One public table with all its margins.

    `kind` frequency: the value is the number of rows, or the sum of the whole numbers in `measure`; magnitude: the sum
    of `measure`. `contributor`: column of the unit to protect; a frequency table without it protects what it counts.
    `zeros`: whether empty cells are shown. `releases`: whether a figure may only grow from release to release
    (`cumulative`) or also be revised. `exposed`: what to do if earlier releases already give a cell away.
    `linked`: tables of one name are cuts through the same rows and are protected together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Literal["frequency", "magnitude"]
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    measure: str | None = None
    contributor: str | None = None
    rules: Rules = Rules()
    protection: Protection | None = None
    rounding: Rounding | None = None
    zeros: Literal["publish", "suppress"] = "publish"
    releases: Literal["cumulative", "revised"] = "revised"
    exposed: Literal["block", "accept"] = "block"
    linked: str | None = None

    @field_validator("dimensions", mode="before")
    @classmethod
    def _a_name_is_a_flat_dimension(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return [{"name": item, "levels": [item]} if isinstance(item, str) else item for item in value]

    @model_validator(mode="after")
    def _coherent(self) -> TableConfiguration:
        problems = [message for wrong, message in self._problems() if wrong]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[tuple[bool, str]]:
        columns = [level for dimension in self.dimensions for level in dimension.levels]
        used = [*columns, *(column for column in (self.measure, self.contributor) if column)]
        controlled = self.rounding is not None and self.rounding.method == "controlled"
        shares = self.rules.dominance is not None or self.rules.p_percent is not None
        yield (
            len({d.name for d in self.dimensions}) < len(self.dimensions) or len(set(used)) < len(used),
            "dimensions, measure and contributor: each name and column only once",
        )
        yield not self.rules.any and self.rounding is None, "rules, rounding: give at least one; nothing protects it"
        yield self.kind == "frequency" and shares, "rules: dominance and p_percent are for magnitude tables"
        if self.kind == "magnitude":
            yield self.measure is None, "measure: a magnitude table needs the column it sums"
            yield self.contributor is None, "contributor: a magnitude table needs the column of the unit to protect"
            yield (
                self.rules.threshold is None or not shares,
                "rules: a magnitude table needs a threshold and one of dominance, p_percent",
            )
            yield self.protection is None, "protection: a magnitude table needs it"
        yield (
            controlled and self.rules.any,
            "rounding.method: controlled rounding gives suppressed cells away by subtraction; use nearest, or no rules",
        )
        yield controlled and self.linked is not None, "rounding.method: controlled rounding cannot be kept over links"

    def required_width(self, value: float) -> float:
        """What upper less lower bound of a suppressed cell must exceed, in the unit of the measure."""
        protection = self.protection or Protection(width=self.rules.threshold or 1)
        return max(protection.width, protection.share * abs(value))


class DisclosureConfiguration(BaseModel):
    """All public tables, by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: dict[str, TableConfiguration] = Field(min_length=1)

    @field_validator("tables", mode="before")
    @classmethod
    def _named_by_their_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: {**item, "name": key} if isinstance(item, dict) else item for key, item in value.items()}

    @model_validator(mode="after")
    def _linked_agree(self) -> DisclosureConfiguration:
        for tables in self.groups():
            check_linked(tables)
        return self

    def groups(self) -> list[tuple[TableConfiguration, ...]]:
        """The tables that must be protected together; a table without links is a group of its own."""
        groups: dict[tuple[str, str], list[TableConfiguration]] = {}
        for name, table in self.tables.items():
            groups.setdefault(("link", table.linked) if table.linked else ("table", name), []).append(table)
        return [tuple(tables) for tables in groups.values()]


def check_linked(tables: tuple[TableConfiguration, ...]) -> None:
    """Raise ValueError unless tables protected together differ in nothing but name and dimensions."""
    first = tables[0]
    levels = {dimension.name: dimension.levels for dimension in first.dimensions}
    for table in tables[1:]:
        for field in sorted(set(TableConfiguration.model_fields) - {"name", "dimensions"}):
            if getattr(table, field) != getattr(first, field):
                raise ValueError(f"{table.name}.{field}: differs from {first.name}, to which it is linked")
        for dimension in table.dimensions:
            if levels.setdefault(dimension.name, dimension.levels) != dimension.levels:
                raise ValueError(f"{table.name}.dimensions: {dimension.name} has other levels than in a linked table")


def load_disclosure_configuration(path: Path) -> DisclosureConfiguration:
    """The configuration in a YAML file. Raises InvalidConfiguration naming the file and every field that is wrong."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InvalidConfiguration(f"{path}: not valid YAML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(f"{path}: cannot be read: {error}") from None
    try:
        return DisclosureConfiguration.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'file'}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise InvalidConfiguration(f"{path}: {problems}") from None
