"""What can go wrong on purpose: in the source systems, in the candidate, in the checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.server import SandboxServer


@dataclass
class ServerFaults:
    """Switches of the source APIs; counts go down as they strike."""

    rate_limits: int = 2
    """Requests still to be answered 429."""
    retry_after: str | None = "1"
    """The header beside a 429; None leaves it out."""
    server_errors: int = 0
    """Requests still to be answered 500."""
    truncated: int = 0
    """Replies still to be cut within their body."""
    down: frozenset[str] = frozenset()
    """Sources that answer 503 to everything: `eventbrite`, `hubspot`."""
    half_empty: frozenset[str] = frozenset()
    """Sources whose lists come back half as long and look complete."""


@dataclass(frozen=True)
class Fault:
    """One planted fault. `breaks_candidate`: planted between building the candidate and the gate. `leaves`: a file
    below the home that would break later nights too.
    """

    name: str
    breaks_candidate: bool
    plant: Callable[[Path, SandboxServer], None]
    leaves: str | None = None

    def clean_up(self, home: Path) -> None:
        """Take away what was planted in the home: the next night is an ordinary one."""
        if self.leaves is not None:
            (home / self.leaves).unlink(missing_ok=True)


def _in_candidate(sql: str) -> Callable[[Path, SandboxServer], None]:
    def plant(home: Path, _server: SandboxServer) -> None:
        import duckdb

        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            connection.execute(sql)

    return plant


def _source_down(_home: Path, server: SandboxServer) -> None:
    server.faults.down = frozenset({"hubspot"})


def _half_empty(_home: Path, server: SandboxServer) -> None:
    server.faults.half_empty = frozenset({"eventbrite"})


PLANTED_CHECK = "checks/planted_fault.yaml"
BROKEN_CHECK = f"""\
checks:
  - name: check_raises
    dimension: validity
    severity: critical
    table: indicator_fact
    owner: this tenant
    meaning: A check that cannot be evaluated, planted on purpose.
    remedy: Remove {PLANTED_CHECK}.
    unexpected_rows: SELECT column_that_is_not_there FROM {{batch}}
"""


def _broken_check(home: Path, _server: SandboxServer) -> None:
    (home / "checks").mkdir(exist_ok=True)
    (home / PLANTED_CHECK).write_text(BROKEN_CHECK, encoding="utf-8")


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault(
            "duplicate_attendances",
            True,
            _in_candidate("INSERT INTO mart.fct_event_attendance FROM mart.fct_event_attendance LIMIT 25"),
        ),
        Fault(
            "negative_money",
            True,
            _in_candidate(
                "UPDATE mart.fct_leverage SET amount_gbp = -amount_gbp WHERE leverage_key = "
                "(SELECT min(leverage_key) FROM mart.fct_leverage WHERE amount_gbp > 0)"
            ),
        ),
        Fault(
            "orphan_keys",
            True,
            _in_candidate(
                "UPDATE mart.indicator_fact SET organisation_key = 'org_0000000000000000' WHERE fact_key IN "
                "(SELECT fact_key FROM mart.indicator_fact WHERE organisation_key IS NOT NULL ORDER BY 1 LIMIT 3)"
            ),
        ),
        Fault("missing_source", False, _source_down),
        Fault("half_empty_fetch", False, _half_empty),
        Fault("check_raises", False, _broken_check, PLANTED_CHECK),
    )
}
