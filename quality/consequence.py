"""What a failed rule keeps back: the whole release, an indicator, a body, a quarter or a breakdown.

A rule names its scope at the check (`scope`, `protects`), its rows say of what exactly. A waiver in force turns what it
covers from withheld into published under it. What hangs on which table is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import duckdb

# How fine a rule says what it is about; `release` is all of it.
Grain = Literal["release", "indicator", "partner", "breakdown"]
# What stands beside every figure: it stands; it stands under a waiver; no fact says where it belongs; a rule failed.
QualityStatus = Literal["available", "waived", "not_available", "withheld"]
STATUSES: tuple[str, ...] = get_args(QualityStatus)
RELEASE = "release"


class UnknownScope(ValueError):
    """A text that names no scope; the message says how one is written."""


@dataclass(frozen=True, order=True)
class Scope:
    """What part of the figures something is about. Empty: every one; all empty: the whole release.

    `breakdown` is a scope of `indicator_value` beside the programme (`local_authority`, `cluster`, `partner`).
    """

    indicator_key: str = ""
    partner_key: str = ""
    period_key: str = ""
    breakdown: str = ""

    def __str__(self) -> str:
        return " ".join(f"{kind}:{key}" for kind, key in self._parts() if key) or RELEASE

    def _parts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("indicator", self.indicator_key),
            ("partner", self.partner_key),
            ("period", self.period_key),
            ("breakdown", self.breakdown),
        )

    def covers(self, other: Scope) -> bool:
        """Whether all that `other` is about is within this."""
        pairs = zip(self._parts(), other._parts(), strict=True)
        return all(not mine or mine == theirs for (_, mine), (_, theirs) in pairs)


def parse_scope(text: str) -> Scope:
    """A scope as `str` writes it: `release`, or parts such as `indicator:jobs_created partner:CB01 period:2024-25-Q1`.

    `CB01:2024-25-Q1` is a body and its quarter. Raises UnknownScope.
    """
    text = text.strip()
    if text == RELEASE:
        return Scope()
    fields = {"indicator": "indicator_key", "partner": "partner_key", "period": "period_key", "breakdown": "breakdown"}
    found: dict[str, str] = {}
    for part in text.split():
        kind, _, key = part.partition(":")
        if kind in fields and key and fields[kind] not in found:
            found[fields[kind]] = key
        elif kind and key and not found and part == text and ":" not in key:
            found = {"partner_key": kind, "period_key": key}
        else:
            found = {}
            break
    if not found:
        raise UnknownScope(
            f"{text!r} is no scope: write release, or one or several of indicator:…, partner:…, period:… and "
            "breakdown:…, such as `partner:CB04 period:2024-25-Q1`"
        )
    return Scope(**found)


@dataclass(frozen=True)
class Waiver:
    """A row of the register `waivers*.csv` that is in force: who lets a rule be failed, for what, until when, why."""

    rule_id: str
    scope: Scope
    approved_by_role: str
    expires_on: date
    reason: str

    def __str__(self) -> str:
        return f"waived by the {self.approved_by_role} until {self.expires_on.isoformat()}: {self.reason}"


def in_force(mart: duckdb.DuckDBPyConnection, waivable: Collection[str]) -> list[Waiver]:
    """The waivers of a mart's register that are in force and name a rule that may be waived. `indicator:H1` is the
    indicator of that code. A scope that cannot be read waives nothing; `finding` tells of it.
    """
    if not mart.execute("SELECT 1 FROM information_schema.tables WHERE table_name = 'waiver'").fetchall():
        return []
    found = []
    for check_name, scope_key, role, expires_on, reason in mart.execute(
        "SELECT check_name, scope_key, approved_by_role, expires_on, reason FROM waiver WHERE is_in_force ORDER BY ALL"
    ).fetchall():
        try:
            scope = parse_scope(scope_key)
        except UnknownScope:
            continue
        if check_name in waivable:
            found.append(Waiver(check_name, _by_key(mart, scope), role, expires_on, reason))
    return found


def _by_key(mart: duckdb.DuckDBPyConnection, scope: Scope) -> Scope:
    rows = mart.execute(
        "SELECT indicator_key FROM dim_indicator WHERE indicator_code = ?", [scope.indicator_key]
    ).fetchall()
    return replace(scope, indicator_key=rows[0][0]) if scope.indicator_key and rows else scope


@dataclass(frozen=True)
class Failure:
    """A rule that failed, and of what. `about`: what its rows name; empty where nothing is named, and then it is about
    all that hangs on the `tables` it protects.
    """

    rule_id: str
    reason: str
    grain: Grain | None
    tables: tuple[str, ...]
    about: tuple[Scope, ...] = ()


@dataclass(frozen=True)
class Consequence:
    """What one failed rule does to one scope: the figures there are withheld, or stand under a waiver."""

    rule_id: str
    scope: Scope
    reason: str
    waiver: Waiver | None = None

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Consequence:
        """One as `dataclasses.asdict` and JSON have written it."""
        waiver = said["waiver"]
        if waiver is not None:
            until = date.fromisoformat(str(waiver["expires_on"]))
            waiver = Waiver(**{**waiver, "scope": Scope(**waiver["scope"]), "expires_on": until})
        return cls(said["rule_id"], Scope(**said["scope"]), said["reason"], waiver)

    @property
    def status(self) -> QualityStatus:
        """What stands beside the figures."""
        return "withheld" if self.waiver is None else "waived"

    @property
    def blocks_release(self) -> bool:
        """Whether nothing at all may be published."""
        return self.waiver is None and self.scope == Scope()


def consequences(
    failures: Iterable[Failure], hangs_on: Mapping[str, Collection[str]], waivers: Sequence[Waiver] = ()
) -> list[Consequence]:
    """What the failed rules keep back. `hangs_on`: by table of the mart, the indicators that hang on it.

    A table of which nothing is known, or on which no indicator hangs, stands for the whole release: what a rule
    protects must be known for it to keep back less.
    """
    found = []
    for failure in failures:
        for scope in sorted(set(_scopes(failure, hangs_on))):
            waiver = next((w for w in waivers if w.rule_id == failure.rule_id and w.scope.covers(scope)), None)
            reason = failure.reason if waiver is None else f"{failure.reason} ({waiver})"
            found.append(Consequence(failure.rule_id, scope, reason, waiver))
    return found


def _scopes(failure: Failure, hangs_on: Mapping[str, Collection[str]]) -> Iterable[Scope]:
    protected = _indicators(failure.tables, hangs_on)
    if failure.grain == "release":
        yield Scope()
        return
    if not failure.about or failure.grain is None:
        yield from (Scope(indicator_key=key) for key in protected) if protected else (Scope(),)
        return
    for about in failure.about:
        if about.indicator_key or (failure.grain == "partner" and about.partner_key):
            # A body that its rows name is kept back in every indicator, unless fewer hang on the tables.
            keys = protected if protected and not about.indicator_key else [about.indicator_key]
            yield from (Scope(key, about.partner_key, about.period_key, about.breakdown) for key in keys)
        elif protected or about.breakdown:
            yield from (Scope(key, period_key=about.period_key, breakdown=about.breakdown) for key in protected or [""])
        else:
            yield Scope()


def _indicators(tables: Iterable[str], hangs_on: Mapping[str, Collection[str]]) -> list[str]:
    """The indicators on the tables; none where any of them carries all or nobody knows."""
    every = {key for keys in hangs_on.values() for key in keys}
    found: set[str] = set()
    for table in tables:
        keys = set(hangs_on.get(table, ()))
        if not keys or keys == every:
            return []
        found |= keys
    return [] if found == every else sorted(found)
