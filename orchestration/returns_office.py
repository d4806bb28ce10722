"""What the programme office does with returns: statuses, locks, exceptions, decisions about restatements.

Everything is one more file of an append-only register (`ingestion.storage.office`); the models make of it what is
reported (docs/decisions/0310). Roles decide, never persons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from common.yamlfile import nearest
from ingestion.ingest import ensure_landing
from ingestion.storage.office import FACT_COLUMNS, PUBLISHED_FIGURE, REGISTERS, append, read
from orchestration.errors import UserError
from orchestration.release.integrity import DamagedRelease, published_mart
from orchestration.release.store import current_release

if TYPE_CHECKING:
    import pyarrow as pa

OPEN, SUBMITTED, RETURNED, ACCEPTED, LOCKED = "open", "submitted", "returned", "accepted", "locked"
PROGRAMME = "PROGRAMME"
"""Stands for the facts that no body returned, such as grants."""
ALL = "all"

# From which statuses the office goes to which. An unlocked quarter is an accepted one again.
_FROM = {
    RETURNED: {SUBMITTED, ACCEPTED},
    ACCEPTED: {SUBMITTED, RETURNED},
    LOCKED: {ACCEPTED},
}
_LONGEST_EXCEPTION_DAYS = 90

# Changes of locked records of which the release does not say all: a check keeps a figure back that they are part of.
_WITHHELD_CHANGES = """
    SELECT r.restatement_key FROM indicator_restatement AS r
    SEMI JOIN quality_consequence AS k
        ON
            k.status = 'withheld' AND coalesce(k.indicator_key, r.indicator_key) = r.indicator_key
            AND (k.partner_key IS NULL OR k.partner_key IN (r.old_partner_key, r.new_partner_key))
            AND (k.period_key IS NULL OR k.period_key IN (
                r.old_period_key, r.new_period_key, r.old_claimed_period_key, r.new_claimed_period_key
            ))
"""


@dataclass(frozen=True)
class Act:
    """Who does something, when and why."""

    role: str
    reason: str
    at: datetime

    @property
    def instant(self) -> datetime:
        """When, as registers keep it."""
        return self.at.replace(tzinfo=None, microsecond=0)


class Mart:
    """The release that readers use, opened to look a body's quarter up. Raises UserError when there is none,
    DamagedRelease when its mart is not the one that was published: what is kept of it is kept for good.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        release_id = current_release(home)
        if release_id is None:
            raise UserError(f"no release in {home} yet: statuses and locks are of what was published. First `wmip run`")
        self.release_id = release_id
        self._path = published_mart(home, release_id)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with self._connect() as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def table(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The same as an Arrow table."""
        with self._connect() as connection:
            return connection.execute(sql, list(parameters)).to_arrow_table()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(self._path), read_only=True)
        connection.execute("SET TimeZone = 'UTC'")
        return connection

    def check(self, partner: str, period: str) -> None:
        """Raise UserError for a body or quarter that there is not, naming those that there are."""
        bodies = [key for (key,) in self.query("SELECT partner_key FROM dim_partner ORDER BY 1")]
        if partner not in {*bodies, PROGRAMME}:
            raise UserError(f"{partner} is no cluster body; {nearest(partner, bodies)}, and {PROGRAMME} for the rest")
        quarters = dict(
            self.query("SELECT period_key, status FROM dim_period WHERE is_programme_period ORDER BY period_key")
        )
        if period not in quarters:
            raise UserError(f"{period} is no quarter of the programme; {nearest(period, list(quarters))}")

    def withheld_by(self, partner: str, period: str) -> list[str]:
        """The rules by which the release keeps facts of a body's quarter back, or parts of them."""
        if not self._says_what_is_withheld():
            return []
        found = self.query(
            "SELECT DISTINCT rule_id FROM quality_consequence WHERE status = 'withheld' "
            "AND coalesce(partner_key, ?) = ? AND coalesce(period_key, ?) = ? ORDER BY 1",
            [partner, partner, period, period],
        )
        return [rule for (rule,) in found]

    def withheld_changes(self) -> set[str]:
        """The restatements of which the release does not say all, by key."""
        return {key for (key,) in self.query(_WITHHELD_CHANGES)} if self._says_what_is_withheld() else set()

    def _says_what_is_withheld(self) -> bool:
        """Releases of earlier versions withhold nothing."""
        return bool(self.query("SELECT 1 FROM duckdb_tables() WHERE table_name = 'quality_consequence'"))

    def is_over(self, period: str) -> bool:
        """Whether a quarter has ended."""
        return self.query("SELECT status <> 'open' FROM dim_period WHERE period_key = ?", [period]) == [(True,)]


def status_of(home: Path, mart: Mart, partner: str, period: str) -> tuple[str, dict[str, Any] | None]:
    """The status of a body's quarter now, and the change that made it; none where a submission or nothing did."""
    changes = [
        row
        for row in read(home, "return_status").to_pylist()
        if (row["partner_code"], row["period_key"]) == (partner, period)
    ]
    last = max(changes, key=lambda row: row["changed_at"], default=None)
    ((received,),) = mart.query(
        "SELECT max(f.handled_at) FROM return_expected AS r JOIN inbox_file AS f ON f.file_sha256 = r.file_sha256 "
        "WHERE r.partner_key = ? AND r.period_key = ?",
        [partner, period],
    )
    if last is None:
        return (SUBMITTED if received else OPEN), None
    if last["status"] != LOCKED and received is not None and received > last["changed_at"]:
        return SUBMITTED, None
    return str(last["status"]), last


def change_status(home: Path, partner: str, period: str, status: str, act: Act) -> str:
    """Return, accept or lock a body's quarter; what was done, in words. Raises UserError when it is not its turn."""
    mart = Mart(home)
    mart.check(partner, period)
    now, _ = status_of(home, mart, partner, period)
    if now == status:
        raise UserError(f"{partner} {period} is {status} already; nothing was changed")
    if now == LOCKED:
        raise UserError(f"{partner} {period} is locked; `wmip returns unlock` opens it, with a reason")
    if not _may_follow(mart, partner, period, now, status):
        asked = " or ".join(sorted(_FROM[status]))
        raise UserError(f"{partner} {period} is {now}, and only what is {asked} can be {status}")
    if status == LOCKED and not mart.is_over(period):
        raise UserError(f"{period} is not over yet; only a quarter that has ended can be locked")
    if status != LOCKED:
        _write(home, mart, partner, period, status, act)
        return f"{partner} {period} is {status}"
    facts = _lock(home, mart, partner, period, act)
    return f"{partner} {period} is locked as release {mart.release_id} says it: {facts} fact(s) kept"


def _may_follow(mart: Mart, partner: str, period: str, now: str, status: str) -> bool:
    """A quarter of what no body returned, or whose return is waived, is never submitted: it is locked as it stands."""
    if now in _FROM[status]:
        return True
    waived = mart.query(
        "SELECT 1 FROM return_expected WHERE partner_key = ? AND period_key = ? AND is_waived", [partner, period]
    )
    return status == LOCKED and now == OPEN and (partner == PROGRAMME or bool(waived))


def unlock(home: Path, partner: str, period: str, act: Act) -> str:
    """Open a locked quarter again: what it says is as known from the next night on. Raises UserError if it is not."""
    mart = Mart(home)
    mart.check(partner, period)
    _require_locked(home, mart, partner, period)
    _write(home, mart, partner, period, ACCEPTED, act)
    return f"{partner} {period} is accepted, not locked: from the next night on its figures are as known"


def allow(home: Path, partner: str, period: str, indicator: str, until: date, act: Act) -> str:
    """Approve changes of one indicator in a locked quarter beforehand, until a day. Raises UserError otherwise."""
    mart = Mart(home)
    mart.check(partner, period)
    _require_locked(home, mart, partner, period)
    indicators = [key for (key,) in mart.query("SELECT indicator_key FROM dim_indicator ORDER BY indicator_key")]
    if indicator not in indicators:
        raise UserError(f"an exception is for one indicator; {indicator} is none of {', '.join(indicators)}")
    days = (until - act.at.date()).days
    if not 0 <= days <= _LONGEST_EXCEPTION_DAYS:
        raise UserError(
            f"an exception ends within {_LONGEST_EXCEPTION_DAYS} days, and not before today; {until} does not"
        )
    row = {
        "partner_code": partner,
        "period_key": period,
        "indicator_key": indicator,
        "granted_at": act.instant,
        "expires_on": until,
        "approved_by_role": act.role,
        "reason": act.reason,
    }
    append(home, "lock_exception", [row], act.at)
    return f"{indicator} of {partner} {period} may change until {until}; nothing else of that quarter"


def decide(home: Path, chosen: Sequence[str], decision: str, cause: str | None, act: Act) -> list[dict[str, Any]]:
    """Approve or reject what waits: by restatement key, or `all` that nobody decided about. The rows that were decided.

    What was rejected waits still and can be approved by its key; the last word holds. Raises UserError for a key that
    does not wait in the current release.
    """
    mart = Mart(home)
    waiting = mart.table("SELECT * FROM indicator_restatement WHERE is_open").to_pylist()
    by_key = {row["restatement_key"]: row for row in waiting}
    undecided = [
        row["restatement_key"] for row in waiting if row["state"] == "pending" and row["follows_fact_key"] is None
    ]
    already = {row["restatement_key"] for row in _since_release(home, mart)}
    withheld = mart.withheld_changes()
    keys = [key for key in undecided if key not in already | withheld] if ALL in chosen else list(dict.fromkeys(chosen))
    for key in keys:
        if key not in by_key:
            raise UserError(
                f"{key} does not wait in release {mart.release_id}; `wmip returns restatements` lists what does"
            )
        if key in withheld:
            raise UserError(
                f"{key} changes a figure that release {mart.release_id} withholds, and does not say by how much: "
                "decide it after the night that publishes the figure (`wmip scorecard` says what must be put right)"
            )
        if by_key[key]["follows_fact_key"] is not None:
            raise UserError(f"{key} waits for {by_key[key]['follows_fact_key']}: decide that one, and it follows")
    rows = [
        {
            **{column: by_key[key].get(column) for column in REGISTERS["restatement_decision"]},
            "decision": decision,
            "cause": cause or by_key[key]["cause"],
            "reason": act.reason,
            "approved_by_role": act.role,
            "decided_at": act.instant,
        }
        for key in keys
    ]
    append(home, "restatement_decision", rows, act.at)
    return rows


def _since_release(home: Path, mart: Mart) -> list[dict[str, Any]]:
    """What was decided after the current release was made, so that it is not in it yet."""
    ((released_at,),) = mart.query("SELECT released_at FROM release_info")
    return [row for row in read(home, "restatement_decision").to_pylist() if row["decided_at"] > released_at]


def settle(home: Path, at: datetime) -> str:
    """Before a night: keep for good what the current release said, and what an exception let into it.

    A release that is not what was published stops no night, as the one that passes makes another: what is to be told of
    it, else nothing.
    """
    ensure_landing(home)
    try:
        if current_release(home) is None:
            return ""
        mart = Mart(home)
    except DamagedRelease as damage:
        return f"What the current release said is not kept, nor what an exception let into it: {damage}"
    # Earlier versions of the product made none of it.
    if mart.query("SELECT 1 FROM information_schema.tables WHERE table_name = 'indicator_value_as_of'"):
        _keep_excepted(home, mart, at)
        _keep_figures(home, mart, at)
    return ""


def _keep_figures(home: Path, mart: Mart, at: datetime) -> None:
    """What the release said otherwise than the one before it: releases are dropped some day, this stays. What was
    withheld was not said.
    """
    figures = mart.table(
        """
        SELECT view_name, indicator_key, period_key, scope, scope_key, basis, exact_value, known_from, release_id
        FROM indicator_value_as_of CROSS JOIN release_info
        WHERE view_name <> 'as_first_reported' AND known_from = released_at AND exact_value IS NOT NULL
        ORDER BY ALL
        """
    )
    kept = read(home, PUBLISHED_FIGURE)
    if len(figures) and figures["known_from"][0] not in set(kept["known_from"]):
        append(home, PUBLISHED_FIGURE, figures, at)


def _keep_excepted(home: Path, mart: Mart, at: datetime) -> None:
    """What was approved by an exception stays approved when it is over. What was withheld was not published so."""
    decided = {row["restatement_key"] for row in read(home, "restatement_decision").to_pylist()}
    withheld = mart.withheld_changes()
    ((released_at,),) = mart.query("SELECT released_at FROM release_info")
    found = mart.table(
        "SELECT * FROM indicator_restatement WHERE state = 'approved' AND decided_at IS NULL"
    ).to_pylist()
    rows = [
        {
            **{column: row.get(column) for column in REGISTERS["restatement_decision"]},
            "decision": "approved",
            "decided_at": released_at,
        }
        for row in found
        if row["restatement_key"] not in decided | withheld
    ]
    append(home, "restatement_decision", rows, at)


def _require_locked(home: Path, mart: Mart, partner: str, period: str) -> None:
    now, _ = status_of(home, mart, partner, period)
    if now != LOCKED:
        raise UserError(f"{partner} {period} is {now}, not locked; nothing was changed")


def _lock(home: Path, mart: Mart, partner: str, period: str, act: Act) -> int:
    """Keep the facts first: a lock whose facts are not there would hold nothing.

    Raises UserError while the release withholds any of them, or does not say yet what was decided about them.
    """
    if withheld_by := mart.withheld_by(partner, period):
        raise UserError(
            f"release {mart.release_id} withholds figures of {partner} {period} ({', '.join(withheld_by)}), so that a "
            "lock would not hold all of its facts: lock it after the night that publishes them (`wmip scorecard` says "
            "what must be put right)"
        )
    key = f"{partner}:{period}:{hashlib.sha256(f'{mart.release_id}{act.instant}'.encode()).hexdigest()[:8]}"
    facts = mart.table(
        f"SELECT ? AS lock_key, {', '.join(FACT_COLUMNS)} FROM indicator_fact "
        "WHERE coalesce(partner_key, ?) = ? AND (period_key = ? OR claimed_period_key = ?) ORDER BY fact_key",
        [key, PROGRAMME, partner, period, period],
    )
    kept = set(facts["fact_key"].to_pylist())
    undone = [
        row["restatement_key"]
        for row in _since_release(home, mart)
        if row["fact_key"] in kept
        or (
            (row["new_partner_key"] or PROGRAMME) == partner
            and period in {row["new_period_key"], row["new_claimed_period_key"]}
        )
    ]
    if undone:
        raise UserError(
            f"{', '.join(sorted(set(undone)))} was decided after release {mart.release_id}, which does not say so yet: "
            f"lock {partner} {period} after the next night"
        )
    append(home, "locked_fact", facts, act.at)
    _write(home, mart, partner, period, LOCKED, act, key)
    return len(facts)


def _write(
    home: Path, mart: Mart, partner: str, period: str, status: str, act: Act, lock_key: str | None = None
) -> None:
    row = {
        "partner_code": partner,
        "period_key": period,
        "status": status,
        "changed_at": act.instant,
        "changed_by_role": act.role,
        "reason": act.reason,
        "release_id": mart.release_id,
        "lock_key": lock_key,
    }
    append(home, "return_status", [row], act.at)
