"""dbt as a person runs it: what nights do not ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.dbt_runner import SILENT, dbt_environment, ensure_parsed, in_environment, parsed_manifest

# Events that are kept beside warnings and errors: a node is done, shows rows. A build has thousands of others, each of
# which would have to be read out of its message.
KEPT = {"NodeFinished", "ShowNode"}


@dataclass(frozen=True)
class DbtRun:
    """What one invocation did: those of its log events that are kept, and the nodes that failed with why."""

    success: bool
    events: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run_dbt(arguments: list[str], *, home: Path, clock: datetime) -> DbtRun:
    """Run one command (`["seed", "--select", "parameter"]`) on a home's warehouse, and close the file again."""
    # A quarter of what collecting all tests imports, which fast tests do without.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from google.protobuf.json_format import MessageToDict

    ensure_parsed(home)
    events: list[dict[str, Any]] = []

    def record(message: Any) -> None:
        if message.info.name in KEPT or message.info.level in {"warn", "error"}:
            events.append(MessageToDict(message, preserving_proto_field_name=True))

    state = home.resolve() / "dbt"
    below = ["--no-write-json", "--target-path", str(state / "target"), "--log-path", str(state / "logs")]
    with in_environment(dbt_environment(home, clock)):
        try:
            result = dbtRunner(manifest=parsed_manifest(), callbacks=[record]).invoke([*SILENT, *arguments, *below])
        finally:
            DuckDBConnectionManager.close_all_connections()
    failures = [] if result.exception is None else [str(result.exception)]
    failures += [
        f"{node.node.resource_type} {node.node.name}: {(node.message or '').strip()}"
        for node in getattr(result.result, "results", None) or []
        if str(node.status) in {"error", "fail", "runtime error"}
    ]
    return DbtRun(bool(result.success), events, failures)
