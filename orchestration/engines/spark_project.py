"""What dbt makes of its project for Spark, kept for the state of the project: the SQL of each model.

Which models there are, their order, columns and descriptions are those of `orchestration/dbt_compiled.py`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.dbt_compiled import MARKS
from orchestration.dbt_runner import (
    PROJECT_DIR,
    SILENT,
    TARGET_DIR,
    dbt_environment,
    in_environment,
    project_fingerprint,
)
from orchestration.engines import spark_dialect
from orchestration.errors import UserError
from orchestration.unchanged import FILES

# What stands in the SQL for the folder in which a cluster finds the home, and for that with what the project brings.
HOME_MARK, SHIPPED_MARK = "@WMIP_HOME@", "@WMIP_SHIPPED@"
_FOLDER = TARGET_DIR / "spark"
_KEPT = _FOLDER / "compiled.json"


def compiled_for_spark(home: Path) -> dict[str, str]:
    """The query of each model, by its unique id, with marks for what a night has; compiled first where the project,
    dbt, dbt-spark or what is done to the SQL changed since.

    Raises UserError with dbt's message when the project does not compile.
    """
    state = _state()
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / ".lock").open("w") as lock:
        # Two nights of different homes may find the project changed at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = json.loads(_KEPT.read_text(encoding="utf-8")) if _KEPT.exists() else {}
        if kept.get("state") != state:
            kept = {"state": state, "models": _compile(home)}
            draft = _KEPT.with_suffix(".tmp")
            draft.write_text(json.dumps(kept), encoding="utf-8")
            draft.replace(_KEPT)
    found: dict[str, str] = kept["models"]
    return found


def _state() -> str:
    versions = [version(package) for package in ("dbt-core", "dbt-spark", "sqlglot")]
    own = b"".join(Path(file).read_bytes() for file in (__file__, spark_dialect.__file__))
    return "+".join([project_fingerprint(), *versions, hashlib.sha256(own).hexdigest()[:12]])


def _compile(home: Path) -> dict[str, str]:
    from dbt.cli.main import dbtRunner

    below = ["--target", "spark", "--target-path", str(_FOLDER), "--log-path", str(_FOLDER)]
    without_spark = ["--indirect-selection", "empty", "--no-introspect", "--no-populate-cache", "--no-write-json"]
    with in_environment({**dbt_environment(home, None), **MARKS, "WMIP_HOME": HOME_MARK}):
        parsed = dbtRunner().invoke([*SILENT, "parse", *below])
        if not parsed.success:
            raise UserError(f"the dbt project does not parse for Spark: {parsed.exception}")
        manifest = parsed.result
        for source in manifest.sources.values():
            _read_in_place(source)
        manifest.build_parent_and_child_maps()
        models = ["compile", "--select", "resource_type:model", "--exclude", "tag:evaluation"]
        result = dbtRunner(manifest=manifest).invoke([*SILENT, *models, *without_spark, *below])
    if not result.success:
        raise UserError(f"the dbt project does not compile for Spark: {result.exception or result.result}")
    nodes = [found.node for found in result.result.results]
    return {node.unique_id: spark_dialect.as_spark_means_it(node.compiled_code) for node in nodes}


def _read_in_place(source: Any) -> None:
    """Have a source stand for its files, which Spark names as parquet.`path`: as DuckDB reads them."""
    (pattern,) = FILES.findall(source.meta["external_location"])
    path = pattern.replace("{name}", source.name)
    is_shipped = any(PROJECT_DIR.glob(path))
    source.database, source.schema = None, "parquet"
    source.identifier = f"{SHIPPED_MARK if is_shipped else HOME_MARK}/{path}"
    source.quoting.identifier = True
