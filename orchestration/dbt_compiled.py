"""What dbt made of its project, kept for the state of the project: each model's and data test's SQL, the loaded seeds.

dbt spends some hundred milliseconds on a model and fifty on a test, of which the query takes a few: two thirds of a
night's CPU. Models and tests stay defined in dbt, and `dbt build` by hand makes the same of them. A night runs what dbt
compiled once (docs/decisions/0202, 0272).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from common.sql import literal, quoted
from orchestration.dbt_runner import TARGET_DIR, compile_project, compile_text, ensure_parsed, project_fingerprint
from orchestration.errors import UserError
from orchestration.settings import load_settings

NODES = "compiled.json"
SEEDS = "seeds.duckdb"
# What stands in compiled SQL for the environment that a night has.
CLOCK_MARK, TIME_ZONE_MARK = "@WMIP_CLOCK@", "@WMIP_TIME_ZONE@"
MARKS = {"WMIP_CLOCK": CLOCK_MARK, "WMIP_TIME_ZONE": TIME_ZONE_MARK}
# The steps of a night that make models.
PREPARE, COUNT, EVALUATE = range(3)
# What this process read last, by its state: a night asks in each step.
_LAST: dict[str, Compiled] = {}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Model:
    """A model or seed. `reads`: the models, seeds and sources; `columns`: of its contract, as (name, type), else none;
    `sql`: the query it is, nothing for a seed; `comments`: statements that describe it once it stands.
    """

    unique_id: str
    name: str
    schema: str
    kind: str
    tags: tuple[str, ...]
    sql: str
    reads: tuple[str, ...]
    columns: tuple[tuple[str, str], ...] = ()
    comments: str = ""

    @property
    def step(self) -> int:
        """In which step it is made."""
        return step_of(self.tags)


def step_of(tags: Collection[str]) -> int:
    """In which of three steps a model with these tags is made: before the organisation keys (seeds, staging,
    organisation records), after them (the candidate), or once the gate passed that.
    """
    return PREPARE if "prepare" in tags else EVALUATE if "evaluation" in tags else COUNT


@dataclass(frozen=True)
class DataTest:
    """A data test: the query that returns the rows against it, and everything it reads. `tested`: its model."""

    unique_id: str
    name: str
    sql: str
    tested: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Compiled:
    """The project as dbt compiled it: models and seeds in an order in which they can be made, tests by name; `seeds`:
    the file they lie loaded in, and its SHA-256.
    """

    models: tuple[Model, ...]
    tests: tuple[DataTest, ...]
    seeds: Path
    seeds_digest: str = ""

    def of_step(self, step: int) -> list[Model]:
        """The models and seeds that a step makes."""
        return [model for model in self.models if model.step == step]

    def with_all_they_read(self, names: Collection[str]) -> list[Model]:
        """The models of these names and everything they are made of, in their order."""
        wanted = {model.unique_id for model in self.models if model.name in names}
        for model in reversed(self.models):
            if model.unique_id in wanted:
                wanted.update(model.reads)
        return [model for model in self.models if model.unique_id in wanted]


def of_night(clock: datetime) -> dict[str, str]:
    """What stands for each mark of compiled SQL on the night of that clock."""
    return {CLOCK_MARK: f"{clock:%Y-%m-%dT%H:%M:%SZ}", TIME_ZONE_MARK: load_settings().time_zone}


def filled_in(sql: str, marks: Mapping[str, str]) -> str:
    """Compiled SQL with the marks replaced."""
    for mark, value in marks.items():
        sql = sql.replace(mark, value)
    return sql


def compiled(home: Path) -> Compiled:
    """What dbt made of the project as it is now, by dbt and DuckDB as they are now; made first where it is not there.

    Raises UserError with dbt's message when the project does not compile.
    """
    ensure_parsed(home)
    state = f"{project_fingerprint()}+{_makers()}"
    found = _LAST.get(state) or _stored(state)
    if found is None:
        with (TARGET_DIR / ".lock").open("w") as lock:
            # Two nights of different homes may find the project changed at once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = _stored(state) or _compile(state)
    _LAST.clear()
    _LAST[state] = found
    return found


def recompiled(models: Sequence[Model], model: Model, text: str) -> tuple[Model, ...]:
    """The models with one of them as another text of it says, in an order in which they can be made. Its columns are
    not held to its contract. Raises UserError when it does not compile.
    """
    node = compile_text(text, MARKS)
    other = replace(model, sql=node.compiled_code, reads=tuple(node.depends_on.nodes), columns=(), comments="")
    return tuple(_ordered([other if one is model else one for one in models]))


def _makers() -> str:
    """What decides besides the project what is kept: versions, and this module."""
    versions = [version(package) for package in ("dbt-core", "dbt-duckdb", "duckdb")]
    return "+".join([*versions, hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]])


def _compile(state: str) -> Compiled:
    with tempfile.TemporaryDirectory() as name:
        nodes = compile_project(Path(name), MARKS)
        seeds = TARGET_DIR / f"{SEEDS}.tmp"
        shutil.copyfile(Path(name) / "warehouse.duckdb", seeds)
    seeds.replace(TARGET_DIR / SEEDS)
    models = _ordered([_model(node) for node in nodes if node.resource_type in {"model", "seed"}])
    tests = [
        DataTest(node.unique_id, node.name, node.compiled_code, node.attached_node, tuple(node.depends_on.nodes))
        for node in nodes
        if node.resource_type == "test"
    ]
    tests.sort(key=lambda test: test.unique_id)
    _keep(state, models, tests)
    return Compiled(tuple(models), tuple(tests), TARGET_DIR / SEEDS, _seeds_digest())


def _keep(state: str, models: Iterable[Model], tests: Iterable[DataTest]) -> None:
    content = json.dumps({"models": [asdict(each) for each in models], "tests": [asdict(each) for each in tests]})
    draft = TARGET_DIR / f"{NODES}.tmp"
    draft.write_text(f"{_head(state, content)}\n{content}", encoding="utf-8")
    draft.replace(TARGET_DIR / NODES)


def _model(node: Any) -> Model:
    """A node of dbt's as this pass runs it. Raises UserError for what it was not taught."""
    odd = [
        what
        for what, is_there in {
            "is no table, view or seed": node.config.materialized not in {"table", "view", "seed"},
            "has a hook": node.config.pre_hook or node.config.post_hook,
            "has grants": node.config.grants,
            "has constraints": getattr(node, "constraints", None) or any(c.constraints for c in node.columns.values()),
        }.items()
        if is_there
    ]
    if odd:
        raise UserError(f"{node.unique_id} {' and '.join(odd)}: orchestration/dbt_compiled.py has to learn that first")
    is_seed = node.resource_type == "seed"
    return Model(
        unique_id=node.unique_id,
        name=node.name,
        schema=node.schema,
        kind=node.config.materialized,
        tags=tuple(node.tags),
        sql="" if is_seed else node.compiled_code,
        reads=() if is_seed else tuple(node.depends_on.nodes),
        columns=_contract(node) if node.config.contract.enforced else (),
        comments=_comments(node),
    )


def _contract(node: Any) -> tuple[tuple[str, str], ...]:
    """Columns and types of a contract, the types as DuckDB calls them."""
    return tuple((name, _canonical(column.data_type)) for name, column in node.columns.items())


@cache
def _canonical(data_type: str) -> str:
    import duckdb

    with duckdb.connect() as connection:
        (described,) = connection.execute(f"DESCRIBE SELECT CAST(NULL AS {data_type}) AS one").fetchall()
    return str(described[1])


def _comments(node: Any) -> str:
    """What the materialization of dbt_project/macros says of a model with `persist_docs`."""
    table, kept = f"{quoted(node.schema)}.{quoted(node.name)}", node.config.persist_docs
    statements = []
    if kept.get("relation") and node.description:
        kind = "VIEW" if node.config.materialized == "view" else "TABLE"
        statements.append(f"COMMENT ON {kind} {table} IS {literal(node.description)}")
    if kept.get("columns"):
        statements += [
            f"COMMENT ON COLUMN {table}.{quoted(name)} IS {literal(column.description)}"
            for name, column in node.columns.items()
            if column.description
        ]
    return ";\n".join(statements)


def _ordered(models: list[Model]) -> list[Model]:
    """Each model after all that it reads, as far as possible by name: the order is the same every time."""
    by_id = {model.unique_id: model for model in sorted(models, key=lambda model: model.unique_id)}
    graph = {key: sorted(set(model.reads) & by_id.keys()) for key, model in by_id.items()}
    return [by_id[key] for key in TopologicalSorter(graph).static_order()]


def _stored(state: str) -> Compiled | None:
    """What was compiled, when that was of this state and is there as it was kept."""
    try:
        head, _, content = (TARGET_DIR / NODES).read_text(encoding="utf-8").partition("\n")
    except FileNotFoundError:
        return None
    except ValueError:
        head = content = ""
    if head != _head(state, content):
        if head.startswith(state) or not head:
            log.warning("%s or %s in %s is damaged: the project is compiled anew", NODES, SEEDS, TARGET_DIR)
        return None
    said: Mapping[str, Any] = json.loads(content)
    return Compiled(
        tuple(
            Model(
                **{
                    **each,
                    **{name: tuple(each[name]) for name in ("tags", "reads")},
                    "columns": _pairs(each["columns"]),
                }
            )
            for each in said["models"]
        ),
        tuple(DataTest(**{**each, "reads": tuple(each["reads"])}) for each in said["tests"]),
        TARGET_DIR / SEEDS,
        _seeds_digest(),
    )


def _pairs(listed: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((one, other) for one, other in listed)


def _head(state: str, content: str) -> str:
    """First line of what is kept: what it is of, and its checksum with that of the seeds."""
    return f"{state} {hashlib.sha256(content.encode()).hexdigest()} {_seeds_digest()}"


def _seeds_digest() -> str:
    seeds = TARGET_DIR / SEEDS
    return hashlib.sha256(seeds.read_bytes()).hexdigest() if seeds.exists() else ""
