"""The checks as neutral data: what must be true of the mart, how bad it is if not, who puts it right.

Suites are YAML files; the product's own lie in `quality/suites/`, a tenant's in `checks/` of its home.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from common.home import checks_folder
from common.yamlfile import YamlFile
from quality.consequence import RELEASE, Grain
from quality.families import InvalidFamily, members

Dimension = Literal["completeness", "uniqueness", "consistency", "timeliness", "validity", "accuracy"]
SUITES_FOLDER = Path(__file__).with_name("suites")
MODELS = Path(__file__).parents[1] / "dbt_project" / "models"


class InvalidSuite(Exception):
    """A suite file that cannot be used; the message names file, check and field."""


class CheckDefinition(BaseModel):
    """One check. `unexpected_rows` is SQL that returns the keys of offending rows; `expectation` a GX core expectation;
    `filled_from` says that the table must not be empty while one of these relations of the warehouse has rows: nothing
    there yet is no fault, losing what is there is. A name with a star stands for every model that begins so: a source
    that has one is asked without being named.

    In the SQL `{batch}` is the checked table (a GX rule: it must occur), `{enabled_sources}` a list of quoted source
    names, `{person_keys}` a regular expression of the forms a person key has, `{check_names}` the names of all checks,
    `{as_of}` the clock as a timestamp literal. `requires_source`: applies only where that source is switched on;
    `requires`: only where any source that provides this is (`provides` of its declaration).

    A critical check that fails keeps back what hangs on the tables it `protects`, itself else; `scope` says how fine:
    all of the release, or what its rows name in columns called as the fields of a `quality.consequence.Scope`.
    `may_be_empty`: a table without a row is no fault here; else there was nothing to compare, and the check failed.
    `may_be_waived`: whether a row of the register may let it be failed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    dimension: Dimension
    severity: Literal["critical", "warning"]
    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    owner: str
    meaning: str
    remedy: str
    unexpected_rows: str | None = None
    expectation: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)
    filled_from: tuple[str, ...] = ()
    requires_source: str | None = None
    requires: str | None = None
    scope: Grain | None = None
    protects: tuple[str, ...] = ()
    may_be_empty: bool = False
    may_be_waived: bool = True

    @field_validator("filled_from")
    @classmethod
    def _each_by_name(cls, relations: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for relation in relations for name in _relations(relation))

    @property
    def query(self) -> str | None:
        """SQL that returns the keys of offending rows; None for an expectation."""
        if not self.filled_from:
            return self.unexpected_rows
        held = " OR ".join(f"EXISTS (SELECT 1 FROM {relation})" for relation in self.filled_from)
        return f"SELECT '{self.table}' AS emptied FROM (SELECT count(*) AS n FROM {{batch}}) WHERE n = 0 AND ({held})"

    @model_validator(mode="after")
    def _one_kind(self) -> CheckDefinition:
        if [self.unexpected_rows is None, self.expectation is None, not self.filled_from].count(False) != 1:
            raise ValueError("give either unexpected_rows or expectation or filled_from")
        if self.scope not in (None, RELEASE) and self.unexpected_rows is None:
            raise ValueError(f"scope {self.scope} is named by the rows of unexpected_rows; there are none")
        return self


def _relations(name: str) -> list[str]:
    """A relation, or with a star at the end every model of its layer that begins so."""
    if not name.endswith("*"):
        return [name]
    layer, _, begins = name.removesuffix("*").partition(".")
    found = sorted(f"{layer}.{path.stem}" for path in (MODELS / layer).rglob(f"{begins}*.sql"))
    if not found:
        raise ValueError(f"{name}: no model of dbt_project/models/{layer} begins so")
    return found


def suite_paths() -> list[Path]:
    """The product's own suites, in a fixed order."""
    return sorted(SUITES_FOLDER.glob("*.yaml"))


def gate_suites(home: Path) -> list[Path]:
    """The product's suites and this tenant's own (`checks/` of the home), in a fixed order."""
    return [*suite_paths(), *sorted(checks_folder(home).glob("*.yaml"))]


def load_suites(paths: Sequence[Path]) -> list[CheckDefinition]:
    """All checks of the given suites. Raises InvalidSuite; an empty suite is invalid: it would pass anything."""
    checks = [check for path in paths for check in _checks(path)]
    names = [check.name for check in checks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidSuite(f"check {', '.join(twice)} is defined twice; names are unique over all suites")
    return checks


def _checks(path: Path) -> Iterator[CheckDefinition]:
    suite = YamlFile(path, path.name, InvalidSuite)
    entries = suite.content.get("checks") if isinstance(suite.content, dict) else None
    if not entries or not isinstance(entries, list):
        raise InvalidSuite(f"{path.name}: no checks in it; a suite lists them under `checks:`")
    for number, entry in enumerate(entries):
        where = f"{path.name} line {suite.line(('checks', number))}"
        if not isinstance(entry, dict):
            raise InvalidSuite(f"{where}: expected a check (`- name: ...`); found {entry!r}")
        name = entry.get("name", f"number {number + 1}")
        try:
            for member in members(entry, CheckDefinition.model_fields):
                name = member.get("name", name)
                yield CheckDefinition.model_validate(member)
        except InvalidFamily as error:
            raise InvalidSuite(f"{where}: family {name}: {error}") from None
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, item['loc'])) or 'check'}: {item['msg']}" for item in error.errors()
            )
            raise InvalidSuite(f"{where}: check {name}: {problems}") from None


def suites_fingerprint(paths: Sequence[Path]) -> str:
    """SHA-256 over the suites' content: a verdict by other checks than tonight's is stale."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
