"""What a body handed in, what was refused of it, which quarters are late and what differs from platforms and CRMs: its
own, never another's.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common.home import release_folder, stream_folder
from evaluation.spreadsheets import write_csv
from ingestion.catalogue import SOURCES
from ingestion.ledgers import FINDINGS, QUARANTINE
from ingestion.storage.latest import read_latest
from orchestration.release import store

if TYPE_CHECKING:
    import duckdb

    from evaluation.site.bodies import Task


@dataclass(frozen=True)
class Submission:
    """A workbook that a night has read."""

    body: str
    period: str
    number: int
    submitted_on: str
    file_name: str
    is_current: bool


def submissions(home: Path, body: str | None) -> list[Submission]:
    """What nights have read of a body (None: of all), the newest quarter first."""
    if not stream_folder(home, "returns", "covers").is_dir():
        return []
    columns = ("partner_code", "period_key", "submission_number", "submitted_on", "file_name")
    found = [
        (code, period, int(number), on, name)
        for code, period, number, on, name in read_latest(home, "returns", SOURCES["returns"].stream("covers"), columns)
        if body in (None, code)
    ]
    newest: dict[tuple[str, str], int] = {}
    for code, period, number, *_ in found:
        newest[code, period] = max(number, newest.get((code, period), 0))
    ordered = sorted(found, key=lambda one: (one[1], one[2]), reverse=True)
    return [Submission(*one, is_current=newest[one[0], one[1]] == one[2]) for one in ordered]


def feedback(home: Path, body: str) -> str:
    """What nights found about a body's own workbooks, as CSV.

    A place names its file; a name that another body used too says nothing of whose it is, and is left out.
    """
    own = {one.file_name for one in submissions(home, body)}
    others = {one.file_name for one in submissions(home, None) if one.body != body}
    names = own - others
    told = []
    refused = read_latest(home, "quarantine", QUARANTINE, ("source", "place", "cell", "reason_code", "message"))
    noted = read_latest(home, "findings", FINDINGS, ("source", "place", "cell", "rule", "message", "severity"))
    for source, place, cell, rule, message, severity in (*((*one, "error") for one in refused), *noted):
        name, _, rest = place.partition("#")
        if source == "returns" and name in names:
            sheet, _, row = rest.rpartition("!")
            told.append((severity, name, sheet, row, cell or "", rule, message))
    out = io.StringIO()
    write_csv(out, ("severity", "file", "sheet", "row", "cell", "rule", "what_is_wrong_and_what_to_do"), told)
    return out.getvalue()


def late_quarters(home: Path, body: str) -> list[str]:
    """Quarters of which the body owes a return, by the release that readers use."""
    with _current_mart(home) as mart:
        if mart is None:
            return []
        rows = mart.execute(
            "SELECT period_key FROM return_expected WHERE partner_key = $body AND NOT is_received AND NOT is_waived "
            "ORDER BY period_key",
            {"body": body},
        ).fetchall()
    return [period for (period,) in rows]


def tasks(home: Path, body: str) -> list[Task]:
    """What the body has to settle between its returns and platforms or CRMs, by the release that readers use."""
    from evaluation.site.bodies import read_tasks

    with _current_mart(home) as mart:
        return read_tasks(mart).get(body, []) if mart else []


@contextmanager
def _current_mart(home: Path) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The mart of the release that readers use; None where there is none yet."""
    import duckdb

    release = store.current_release(home)
    if release is None:
        yield None
        return
    with duckdb.connect(str(release_folder(home, release) / "mart.duckdb"), read_only=True) as mart:
        yield mart
