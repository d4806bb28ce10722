"""The assumption register: one assumption a row, checked cell by cell, approved, dated and versioned.

Grain of a register: assumption set, id and version. `owner` and `approved_by` are roles; no person's name belongs here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from evaluation.appraisal_rules import Rule, fixing
from evaluation.vocabulary import EVERY_LEVEL, Name, meaning, vocabulary

COLUMNS = (
    "assumption_set",
    "id",
    "version",
    "name",
    "value",
    "low",
    "high",
    "unit",
    "spatial_level",
    "rationale",
    "source",
    "quality_rag",
    "impact_rag",
    "owner",
    "approved_by",
    "approved_on",
    "valid_from",
    "valid_to",
    "review_by",
    "exception_evidence",
    "signed_off_by",
)
# Columns that came later: a row that leaves them empty keeps the hash under which it was assured.
_LATER = ("exception_evidence", "signed_off_by")
DEFAULT_SET = "programme"


def _role(text: Any) -> Any:
    if isinstance(text, str) and "@" in text:
        raise ValueError("holds an e-mail address; write the role, never a person")
    return text


def _date(value: Any) -> Any:
    """Dates as ISO or dd/mm/yyyy, as in every other file of the programme."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", value.strip()):
        day, month, year = value.strip().split("/")
        return date(int(year), int(month), int(day))
    return value


Day = Annotated[date, BeforeValidator(_date)]
Text = Annotated[str, Field(min_length=1)]
Role = Annotated[str, BeforeValidator(_role), Field(min_length=1)]
Rag = Literal["green", "amber", "red"]


class Assumption(BaseModel):
    """One row of a register. Raises pydantic's ValidationError, one entry a cell that is wrong."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    assumption_set: Text = DEFAULT_SET
    id: Text
    version: int = Field(ge=1)
    name: Text
    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    unit: Text
    spatial_level: Literal["local", "regional", "uk", "all"]
    rationale: Text
    source: Text
    quality_rag: Rag
    impact_rag: Rag
    owner: Role
    approved_by: Role | None = None
    approved_on: Day | None = None
    valid_from: Day
    valid_to: Day | None = None
    review_by: Day | None = None
    exception_evidence: Text | None = None
    signed_off_by: Role | None = None

    @model_validator(mode="after")
    def _means_something(self) -> Assumption:
        known = meaning(self.name)
        if known is None:
            raise CellError(
                "name", f"{self.name!r} is not a name of an assumption; `wmip evaluate --template` lists them"
            )
        if self.unit != known.unit:
            raise CellError("unit", f"{self.name} is stated in {known.unit!r}, not in {self.unit!r}")
        _check_level(self, known)
        for column in ("value", "low", "high"):
            figure = getattr(self, column)
            if figure is not None:
                _check_figure(column, figure, known)
        _check_range(self, known)
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise CellError("valid_to", f"{self.valid_to} lies before valid_from {self.valid_from}")
        if (self.exception_evidence is None) != (self.signed_off_by is None):
            empty = "signed_off_by" if self.signed_off_by is None else "exception_evidence"
            raise CellError(empty, "exception_evidence and signed_off_by (a role) go together: fill in both or neither")
        return self

    def standing(self, on: date) -> str:
        """Why it can't be used on a date, in words; empty when it can."""
        if self.approved_by is None or self.approved_on is None:
            return "is not approved: approved_by and approved_on must both be filled in"
        if self.approved_on > on:
            return f"is approved only from {self.approved_on}"
        return self.dated(on)

    def dated(self, on: date) -> str:
        """Why it is not valid on a date, approved or not; empty when it is."""
        if on < self.valid_from:
            return f"is valid only from {self.valid_from}"
        if self.valid_to is not None and on > self.valid_to:
            return f"expired on {self.valid_to}"
        rule = fixing(self.name, self.spatial_level, on)
        if rule is not None and not self._agrees_with(rule):
            return (
                f"is not used: {rule.text} ({rule.source}); write {rule.fixed}, or fill in exception_evidence and "
                "signed_off_by"
            )
        return ""

    def _agrees_with(self, rule: Rule) -> bool:
        """Whether all it states is what the rule fixes, or an exception from it is signed off."""
        stated = {figure for figure in (self.value, self.low, self.high) if figure is not None}
        return self.signed_off_by is not None or stated == {rule.fixed}

    @property
    def is_critical(self) -> bool:
        """Red quality and red impact: an opinion the result hangs on."""
        return self.quality_rag == "red" and self.impact_rag == "red"


class CellError(ValueError):
    """What is wrong with one cell of a row."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(problem)
        self.column = column


def _check_level(assumption: Assumption, known: Name) -> None:
    if assumption.spatial_level in known.not_at:
        raise CellError("spatial_level", f"{assumption.name} is not used at level {assumption.spatial_level}")
    if known.by_level and assumption.spatial_level == EVERY_LEVEL:
        raise CellError("spatial_level", f"{assumption.name} depends on the area: say local, regional or uk, not all")


def _check_figure(column: str, figure: Decimal, known: Name) -> None:
    if not figure.is_finite():
        raise CellError(column, f"{figure} is not a number")
    if known.kind == "share" and not 0 <= figure <= 1:
        raise CellError(column, f"{figure} is not a share from 0 to 1; write 0.45 for 45%")
    if known.kind == "multiplier" and figure < 1:
        raise CellError(column, f"{figure} is below 1; a multiplier of 1 means no further effects")
    if known.kind == "money" and figure < 0:
        raise CellError(column, f"{figure} is negative; costs and GVA are written as positive amounts")
    if known.kind == "years" and (figure < 1 or figure > 100 or figure != figure.to_integral_value()):
        raise CellError(column, f"{figure} is not a whole number of years from 1 to 100")
    if known.kind == "year" and not (1990 <= figure <= 2100 and figure == figure.to_integral_value()):
        raise CellError(column, f"{figure} is not a year; write 2024 for the financial year 2024-25")


def _check_range(assumption: Assumption, known: Name) -> None:
    low, high = assumption.low, assumption.high
    if not known.has_range:
        if low is not None or high is not None:
            raise CellError(
                "low" if low is not None else "high", f"{known.name} has no range; leave low and high empty"
            )
        return
    if (low is None) != (high is None):
        raise CellError("low" if low is None else "high", "low and high go together: fill in both or neither")
    if low is not None and high is not None and not low <= assumption.value <= high:
        column = "low" if low > assumption.value else "high"
        raise CellError(column, f"low {low}, value {assumption.value} and high {high} must stand in this order")
    if assumption.is_critical and (low is None or low == high):
        raise CellError(
            "low", "red quality with red impact needs a low and a high value, so that its sensitivity can be shown"
        )


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell: row number (the headings are row 1), column, and what to do."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.message}"


@dataclass(frozen=True)
class AssumptionSet:
    """The rows of one set. `version` is the greatest of its rows'; the hash covers every right row, in any order."""

    key: str
    rows: tuple[Assumption, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def version(self) -> int:
        """Greatest version of a row."""
        return max((row.version for row in self.rows), default=0)

    @property
    def sha256(self) -> str:
        """Hash of the content, the same however the file was laid out."""
        lines = sorted(json.dumps(_canonical(row), sort_keys=True) for row in self.rows)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _canonical(row: Assumption) -> dict[str, str | None]:
    return {
        column: None if value is None else f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
        for column, value in row.model_dump().items()
        if value is not None or column not in _LATER
    }


def build_sets(rows: Iterable[tuple[int, Mapping[str, Any]]], default_set: str = DEFAULT_SET) -> list[AssumptionSet]:
    """Sets from numbered raw rows. A wrong row is a problem of its set, and never used; nothing raises.

    A row that states no figure at all, as in the empty template, says nothing.
    """
    right: dict[str, list[Assumption]] = {}
    wrong: dict[str, list[Problem]] = {}
    seen: dict[tuple[str, str, int], int] = {}
    for number, raw in rows:
        cells = {name: _cell(value) for name, value in raw.items() if name in COLUMNS}
        cells = {name: value for name, value in cells.items() if value is not None}
        if meaning(str(cells.get("name"))) is not None and not cells.keys() & {"value", "low", "high"}:
            continue
        key = str(cells.setdefault("assumption_set", default_set))
        try:
            assumption = Assumption.model_validate(cells)
        except ValidationError as error:
            wrong.setdefault(key, []).extend(_problems(number, error))
            continue
        identity = (key, assumption.id, assumption.version)
        if identity in seen:
            message = f"id {assumption.id} version {assumption.version} stands in row {seen[identity]} already"
            wrong.setdefault(key, []).append(Problem(number, "version", message))
            continue
        seen[identity] = number
        right.setdefault(key, []).append(assumption)
    return [
        AssumptionSet(key, tuple(right.get(key, [])), tuple(wrong.get(key, []))) for key in sorted({*right, *wrong})
    ]


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return str(value)
    if isinstance(value, str):
        return value.strip() or None
    return value


def _problems(number: int, error: ValidationError) -> list[Problem]:
    found = []
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        column = cause.column if isinstance(cause, CellError) else ".".join(str(part) for part in item["loc"]) or "name"
        message = str(cause) if cause is not None else _plain(item)
        found.append(Problem(number, column, message))
    return found


def _plain(item: Any) -> str:
    if item["type"] == "missing":
        return "is empty; it is needed"
    shown = str(item["input"])[:40]
    return f"{item['msg'][0].lower()}{item['msg'][1:]} (found {shown!r})"


@dataclass(frozen=True)
class Selection:
    """What a set says at one spatial level on one date, and why the rest of what it should say is missing.

    `laid_down`: names whose value among those used is not the set's but a guide's (`evaluation.appraisal_rules`).
    """

    used: dict[str, Assumption]
    unusable: dict[str, str]
    laid_down: frozenset[str] = frozenset()

    def missing(self, names: Iterable[str]) -> dict[str, str]:
        """Reason by name, of those among `names` that cannot be used."""
        return {
            name: self.unusable.get(name, "is not in the register") for name in sorted(names) if name not in self.used
        }


def select(assumptions: AssumptionSet, level: str, on: date, *, approved_only: bool = True) -> Selection:
    """The newest usable version of each name at a level: a row of that level goes before one for all levels."""
    used: dict[str, Assumption] = {}
    unusable: dict[str, str] = {}
    candidates = [row for row in assumptions.rows if row.spatial_level in (level, EVERY_LEVEL)]
    # Ids that a later version superseded are out even when that later version cannot be used: fail closed.
    newest: dict[str, int] = {}
    for row in candidates:
        if not row.dated(on):
            newest[row.id] = max(newest.get(row.id, 0), row.version)
    for row in sorted(candidates, key=lambda row: (row.spatial_level != level, -row.version, row.id)):
        known = meaning(row.name)
        if row.name in used or known is None or level in known.not_at:
            continue
        if row.version < newest.get(row.id, 0):
            continue
        problem = row.standing(on) if approved_only else row.dated(on)
        if problem:
            unusable.setdefault(row.name, f"({row.id} version {row.version}) {problem}")
        else:
            used[row.name] = row
    laid_down = _laid_down(assumptions.key, level, on, used)
    return Selection({**used, **laid_down}, unusable, frozenset(laid_down))


def _laid_down(key: str, level: str, on: date, used: Mapping[str, Assumption]) -> dict[str, Assumption]:
    """What a guide lays down for names the set says nothing usable of; optional names need nothing."""
    found = {}
    for known in vocabulary().values():
        rule = fixing(known.name, level, on)
        if rule is None or rule.fixed is None or known.optional or known.name in used:
            continue
        found[known.name] = Assumption.model_validate(
            {
                "assumption_set": key,
                "id": f"rule-{rule.key}",
                "version": 1,
                "name": known.name,
                "value": rule.fixed,
                "unit": known.unit,
                "spatial_level": level,
                "rationale": rule.text,
                "source": rule.source,
                "quality_rag": "green",
                "impact_rag": "red",
                "owner": "HM Treasury",
                "approved_by": "HM Treasury",
                "approved_on": rule.valid_from,
                "valid_from": rule.valid_from,
            }
        )
    return found
