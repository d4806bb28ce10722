"""dbt in this process: the project is parsed and compiled here, and parsed only when its files changed.

dbt keeps its DuckDB handle open after a run (dbt-core #11980), so every run here ends by closing it: others open the
same file next.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from common.home import warehouse_file
from orchestration.errors import UserError
from orchestration.stopping import noticing_stop

PROJECT_DIR = Path(__file__).resolve().parent.parent / "dbt_project"
# A folder of our own: what linters and people compile lies beside it.
TARGET_DIR = PROJECT_DIR / "target" / "parsed"
MANIFEST = "manifest.json"
# What dbt makes of the project for itself: each invocation here begins with it.
_PARSED = "partial_parse.msgpack"
_KEPT = (MANIFEST, _PARSED, "semantic_manifest.json")
# Of which project the kept files are, and their checksums.
_MARKER = "parsed_of.json"
# It would print tracebacks of its own; its result tells us, and its log file has all.
SILENT = ("--log-level", "none", "--no-use-colors")
_PARSED_FOLDERS = ("models", "macros", "seeds", "tests")
log = logging.getLogger(__name__)


def project_fingerprint() -> str:
    """SHA-256 over the dbt project's own files; changes exactly when a parse would read something else."""
    digest = hashlib.sha256()
    files = [PROJECT_DIR / "dbt_project.yml", PROJECT_DIR / "profiles.yml"]
    for folder in _PARSED_FOLDERS:
        files += sorted(path for path in (PROJECT_DIR / folder).rglob("*") if path.is_file())
    for path in files:
        digest.update(str(path.relative_to(PROJECT_DIR)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def in_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The variables in the environment meanwhile, and what stood there afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def dbt_environment(home: Path, clock: datetime | None) -> dict[str, str]:
    """What the dbt project asks of its environment to run on a home; `clock` None to parse only."""
    home = home.resolve()
    variables = {
        "WMIP_HOME": str(home),
        "WMIP_WAREHOUSE": str(warehouse_file(home)),
        "DBT_PROFILES_DIR": str(PROJECT_DIR),
        "DBT_PROJECT_DIR": str(PROJECT_DIR),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    if clock is not None:
        variables["WMIP_CLOCK"] = clock.strftime("%Y-%m-%dT%H:%M:%SZ")
    return variables


def ensure_parsed(home: Path) -> Path:
    """Path of an up-to-date `manifest.json`, parsing the project first if its files changed since, or if what was kept
    of the last parse is damaged, which it says.

    Raises UserError with dbt's own message when the project does not parse.
    """
    fingerprint = project_fingerprint()
    if not _kept(fingerprint).is_current:
        TARGET_DIR.mkdir(parents=True, exist_ok=True)
        with (TARGET_DIR / ".lock").open("w") as lock:
            # Two nights of different homes may find the project changed at once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = _kept(fingerprint)
            if kept.damaged:
                log.warning("%s in %s damaged: the dbt project is parsed anew", " and ".join(kept.damaged), TARGET_DIR)
                # dbt would begin with what it kept.
                (TARGET_DIR / _PARSED).unlink(missing_ok=True)
            if not kept.is_current:
                _parse(home)
                parsed = {"project": fingerprint, "files": _checksums()}
                (TARGET_DIR / _MARKER).write_text(json.dumps(parsed), encoding="utf-8")
    return TARGET_DIR / MANIFEST


@dataclass(frozen=True)
class _Kept:
    """What is there of the last parse: whether it is whole and of the project as it is; which files are damaged."""

    is_current: bool = False
    damaged: tuple[str, ...] = ()


def _kept(fingerprint: str) -> _Kept:
    try:
        parsed = json.loads((TARGET_DIR / _MARKER).read_text(encoding="utf-8"))
        is_of_it, files = parsed["project"] == fingerprint, dict(parsed["files"])
    except FileNotFoundError:
        return _Kept()
    except (OSError, ValueError, LookupError, TypeError):
        return _Kept(damaged=(_MARKER,))
    now = _checksums()
    damaged = tuple(name for name in _KEPT if now[name] != files.get(name))
    return _Kept(is_of_it and not damaged, damaged)


def _checksums() -> dict[str, str | None]:
    """Of each kept file; None for one that is not there."""
    found: dict[str, str | None] = {}
    for name in _KEPT:
        path = TARGET_DIR / name
        found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    return found


def _parse(home: Path) -> None:
    from dbt.cli.main import dbtRunner

    with in_environment(dbt_environment(home, None)), _stopping():
        result = dbtRunner().invoke([*SILENT, "parse", "--target-path", str(TARGET_DIR), "--log-path", str(TARGET_DIR)])
    if not result.success:
        raise UserError(f"the dbt project does not parse: {result.exception}")


@contextmanager
def _stopping() -> Iterator[None]:
    """A stop is one, though dbt makes an error of it and says that the project is wrong."""
    with noticing_stop() as signals:
        yield
    if signals:
        raise KeyboardInterrupt


def compile_project(folder: Path, marks: Mapping[str, str]) -> list[Any]:
    """Models and data tests as dbt's own nodes, with their SQL compiled for a warehouse of the usual name, and the
    seeds, which lie loaded in that of `folder`, an empty one. `marks`: what stands in the SQL for the environment.

    Raises UserError with dbt's message when they do not compile.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    variables = {**dbt_environment(folder, None), "WMIP_WAREHOUSE": str(warehouse_file(folder.resolve())), **marks}
    below = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    nodes: list[Any] = []
    with in_environment(variables), _stopping():
        for command in (
            ["seed"],
            ["compile", "--select", "resource_type:model", "resource_type:test", "--no-introspect"],
        ):
            try:
                result = dbtRunner(manifest=parsed_manifest()).invoke(
                    [*SILENT, *command, "--no-populate-cache", "--no-write-json", *below]
                )
            finally:
                DuckDBConnectionManager.close_all_connections()
            if not result.success:
                raise UserError(f"the dbt project does not compile: {result.exception or result.result}")
            nodes += [found.node for found in getattr(result.result, "results", [])]
    return nodes


def compile_text(text: str, marks: Mapping[str, str]) -> Any:
    """A query that is no part of the project, as dbt's own node with its SQL compiled as if it were a model.

    `marks`: what stands in the SQL for the environment. Raises UserError with dbt's message when it does not compile.
    """
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        variables = {**dbt_environment(folder, None), "WMIP_WAREHOUSE": str(warehouse_file(folder)), **marks}
        below = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
        command = ["compile", "--inline", text, "--no-introspect", "--no-populate-cache", "--no-write-json"]
        with in_environment(variables), _stopping():
            result = dbtRunner(manifest=parsed_manifest()).invoke([*SILENT, *command, *below])
    nodes = getattr(result.result, "results", None)
    if not result.success or not nodes:
        raise UserError(f"the model does not compile: {result.exception or result.result}")
    return nodes[0].node


def parsed_manifest() -> Any:
    """The parsed project. dbt changes it as it compiles: each invocation gets its own copy, read without a parse."""
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack((TARGET_DIR / _PARSED).read_bytes())
    manifest.build_parent_and_child_maps()
    return manifest
