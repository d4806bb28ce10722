"""A release made again from what it was made of, and held against what was published, table by table.

The files that `inputs.json` of the release names are laid out in a home that is thrown away; the night's own steps make
the mart and the evaluation of them, with the clock of that night. A file that was rewritten since (a person was erased,
a key rotated) or let go is named, and so is what hangs on it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import duckdb

from common.home import make_private, registry_folder, release_folder, warehouse_file
from common.sql import literal, quoted
from identity.organisation_keys import resolve_organisations
from ingestion.ingest import ensure_landing
from orchestration.code_version import code_version, commit
from orchestration.configuration import EvaluationConfiguration
from orchestration.dbt_build import build
from orchestration.dbt_compiled import COUNT, EVALUATE, PREPARE, Compiled, compiled
from orchestration.errors import NightFailed, UserError
from orchestration.evaluators import NightFacts, keep_tables, run_evaluators
from orchestration.release.approval import EVALUATION
from orchestration.release.inputs import INPUTS, makers
from orchestration.release.integrity import MANIFEST, MART, checksum, read_json
from orchestration.release.rejudged import CONSEQUENCES, GATE
from orchestration.release.steps.copying import RELEASED
from orchestration.release.steps.gate_tables import GATE_TABLES
from orchestration.settings import load_settings
from orchestration.unchanged import FILES
from quality.consequence import Consequence
from quality.fingerprint import SCHEMA, table_fingerprints
from quality.withholding import PUBLISHED, published_fingerprint, withhold

_ERASED = re.compile(r"^ERASED-\d+$")


@dataclass(frozen=True)
class LostInput:
    """A file that is no longer what the release was made of. `erased`: its rows that are of erased persons by now."""

    path: str
    rows: int
    is_there: bool
    erased: int = 0

    def __str__(self) -> str:
        if not self.is_there:
            return f"{self.path} is no longer there ({self.rows:,} rows)"
        of_erased = f", {self.erased:,} of its {self.rows:,} rows are of erased persons" if self.erased else ""
        return f"{self.path} was rewritten since{of_erased}"


@dataclass(frozen=True)
class TableDifference:
    """A table that came out otherwise: rows that only the release has, and only the mart that was made again."""

    table: str
    only_published: int
    only_rebuilt: int
    # Whether it is made of a file that is no longer what it was.
    is_explained: bool

    def __str__(self) -> str:
        return (
            f"{self.table}: {self.only_published:,} row(s) only as published, {self.only_rebuilt:,} only as made again"
        )


@dataclass(frozen=True)
class Rebuilt:
    """What came of it. `notes`: what is not as it was then and may matter."""

    release_id: str
    same: list[str]
    differing: list[TableDifference]
    lost: list[LostInput] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_same(self) -> bool:
        """Whether every table is the same, but for what hangs on inputs that are gone."""
        return all(difference.is_explained for difference in self.differing)


def rebuild(
    home: Path, release_id: str, progress: Callable[[str], None], *, any_code: bool = False, output: Path | None = None
) -> Rebuilt:
    """Make a release again and compare. `any_code`: by this code, though another made it; `output`: an empty folder in
    which what was made stays.

    Raises UserError when the release does not say what it was made of, or this code or environment is another.
    """
    folder = release_folder(home, release_id)
    if not (folder / INPUTS).exists():
        raise UserError(f"release {release_id} was made before releases said what they are made of ({INPUTS})")
    inputs = read_json(folder / INPUTS)
    notes = list(_elsewhere(inputs, any_code))
    with tempfile.TemporaryDirectory(prefix="wmip-rebuild-") as name:
        copy = Path(name) if output is None else output
        progress("laying out what it was made of")
        lost = list(_lay_out(home, folder, inputs["files"], copy))
        project = compiled(copy)
        _make(copy, project, inputs, folder, progress)
        progress("comparing table by table")
        same, differing = _compare(folder / MART, warehouse_file(copy), _made_of(project, lost))
    return Rebuilt(release_id, same, differing, lost, notes)


def _elsewhere(inputs: Mapping[str, Any], any_code: bool) -> Iterator[str]:
    """What is another than it was then and may matter. Raises UserError for what would make other figures."""
    here = code_version()
    if inputs["code_version"] != here:
        then = f"code {inputs['code_version']}" + (f" (commit {inputs['commit']})" if inputs["commit"] else "")
        said = f"release {inputs['release_id']} was made by {then}; this is {here}" + (
            f" ({commit()})" if commit() else ""
        )
        if not any_code:
            raise UserError(
                f"{said}. Run this command from a checkout of that commit; `--any-code` makes it by this code, to see "
                "what that changes"
            )
        yield said
    settings = load_settings()
    for variable, then, now in (
        ("WMIP_TIME_ZONE", inputs["time_zone"], settings.time_zone),
        ("WMIP_RETURNS", inputs["returns"], settings.returns),
    ):
        if then != now:
            raise UserError(
                f"release {inputs['release_id']} was made with {variable}={then!r}, here it is {now!r}: set it so"
            )
    for tool, now in makers().items():
        if inputs["made_by"].get(tool) != now:
            yield f"{tool} is {now}; it was {inputs['made_by'].get(tool)}"


def _lay_out(home: Path, release: Path, files: Mapping[str, Mapping[str, Any]], copy: Path) -> Iterator[LostInput]:
    """Put every file that was read where the models look for it; the registry as the release keeps it."""
    for path, said in files.items():
        kept = next((place for place in (home / path, release / path) if _is_as_read(place, said["sha256"])), None)
        if kept is None:
            rows = said["rows"] or 0
            if not (home / path).exists():
                yield LostInput(path, rows, is_there=False)
                continue
            kept = home / path
            yield LostInput(path, rows, is_there=True, erased=_erased_rows(kept))
        target = copy / path
        make_private(target.parent)
        if target.is_relative_to(registry_folder(copy)):
            # The night writes there; what is landed it only reads.
            shutil.copyfile(kept, target)
        else:
            target.symlink_to(kept.resolve())
    ensure_landing(copy)


def _is_as_read(path: Path, sha256: str) -> bool:
    return path.is_file() and checksum(path) == sha256


def _erased_rows(path: Path) -> int:
    """Rows of a landed file whose person is erased; none where it is of no persons."""
    with duckdb.connect() as connection:
        columns = {row[0] for row in connection.execute(f"DESCRIBE FROM read_parquet({literal(path)})").fetchall()}
        if "person_key" not in columns:
            return 0
        row = connection.execute(
            f"SELECT count(*) FROM read_parquet({literal(path)}) WHERE regexp_matches(person_key, ?)", [_ERASED.pattern]
        ).fetchone()
    return int(row[0]) if row else 0


def _make(
    copy: Path, project: Compiled, inputs: Mapping[str, Any], release: Path, progress: Callable[[str], None]
) -> None:
    """Mart and evaluation, by the steps of a night; what the gate kept back of the release is taken out again. Raises
    NightFailed with what does not build.
    """
    clock = datetime.fromisoformat(inputs["clock"])
    kept = release / GATE / CONSEQUENCES
    kept_back = [Consequence.read(said) for said in read_json(kept)["consequences"]] if kept.exists() else []
    gate_status = read_json(release / MANIFEST)["gate_status"]

    def made(step: int, doing: str) -> None:
        progress(doing)
        failures = build(copy, project, project.of_step(step), clock, lambda _model: None).failures
        if failures:
            raise NightFailed(f"release {inputs['release_id']} cannot be made again: {' | '.join(failures[:3])}")

    made(PREPARE, "staging")
    progress("matching organisations")
    resolve_organisations(copy, clock)
    made(COUNT, "counting")
    withhold(warehouse_file(copy), kept_back)
    progress("evaluating")
    settings = EvaluationConfiguration.model_validate(inputs["evaluation"])
    facts = NightFacts(clock.date(), published_fingerprint(warehouse_file(copy)), gate_status, settings)
    keep_tables(copy, run_evaluators(warehouse_file(copy), facts, lambda _doing: None))
    made(EVALUATE, "documenting the evaluation")


def _made_of(project: Compiled, lost: Sequence[LostInput]) -> set[str]:
    """Names of the models that are made, at any remove, of files that are no longer what they were."""
    touched: set[str] = set()
    for model in project.models:
        reads = any(fnmatch(one.path, pattern) for pattern in FILES.findall(model.sql) for one in lost)
        # The evaluation is made of the whole mart.
        if reads or touched & set(model.reads) or (lost and model.step == EVALUATE):
            touched.add(model.unique_id)
    return {model.name for model in project.models if model.unique_id in touched}


def _compare(mart: Path, rebuilt: Path, touched: set[str]) -> tuple[list[str], list[TableDifference]]:
    with duckdb.connect(str(mart), read_only=True) as connection:
        published = table_fingerprints(connection, RELEASED)
    with duckdb.connect(str(rebuilt), read_only=True) as connection:
        again = {schema: table_fingerprints(connection, schema) for schema in (SCHEMA, PUBLISHED, EVALUATION)}
    places = {table: schema for schema, tables in again.items() for table in tables}
    same, differing = [], []
    for table in sorted((published.keys() | places.keys()) - GATE_TABLES.keys()):
        if table in places and published.get(table) == again[places[table]][table]:
            same.append(table)
        else:
            only = _rows_apart(mart, rebuilt, table, places.get(table), table in published)
            differing.append(TableDifference(table, *only, is_explained=table in touched))
    return same, differing


def _rows_apart(mart: Path, rebuilt: Path, table: str, schema: str | None, is_published: bool) -> tuple[int, int]:
    """How many rows only one of the two has; of a table that only one has, or whose columns differ, all of them."""
    with duckdb.connect() as connection:
        connection.execute(
            f"ATTACH {literal(mart)} AS published (READ_ONLY); ATTACH {literal(rebuilt)} AS again (READ_ONLY)"
        )
        one = f"FROM published.{RELEASED}.{quoted(table)}" if is_published else None
        other = f"FROM again.{schema}.{quoted(table)}" if schema else None

        def count(query: str) -> int:
            row = connection.execute(f"SELECT count(*) FROM ({query})").fetchone()
            return int(row[0]) if row else 0

        if one is None or other is None:
            return count(one) if one else 0, count(other) if other else 0
        try:
            return count(f"({one}) EXCEPT ALL ({other})"), count(f"({other}) EXCEPT ALL ({one})")
        except duckdb.Error:
            return count(one), count(other)
