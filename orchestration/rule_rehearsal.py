"""What a changed threshold, definition or rule would make of what was landed, beside what counts by the present ones.

Both are built by the night's own steps in a copy that is thrown away; only what hangs on the change is made a second
time. Nothing of the home is changed, and no release is made: it is adopted by changing the seed or model itself.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from common.home import earlier_warehouse_file, warehouse_file
from common.sql import literal, quoted
from common.yamlfile import nearest
from evaluation.site.changes import attached, value_changes
from evaluation.trace.facts import AS_KNOWN, BASES, legs
from evaluation.trace.movements import movements, prepare
from ingestion.ingest import ensure_landing
from orchestration.dbt_compiled import PREPARE, Compiled, Model, compiled, recompiled
from orchestration.errors import UserError
from orchestration.rehearsal import build_or_refuse, share
from orchestration.release.difference import Difference, InfoChange, fact_changes
from orchestration.unchanged import set_aside

if TYPE_CHECKING:
    import duckdb

# What is compared, and read to compare it.
_READ = (
    "bridge_organisation_record", "dim_indicator", "dim_period", "indicator_fact", "indicator_performance",
    "indicator_restatement", "indicator_value", "return_status",
)  # fmt: skip
NOW, THEN = "as it is", "rehearsed"
_SETTLED = ("accepted", "locked")


@dataclass(frozen=True)
class Change:
    """What is to be rehearsed: thresholds by name, files that stand in place of seeds, and of models."""

    parameters: tuple[tuple[str, Decimal | None], ...] = ()
    seeds: tuple[Path, ...] = ()
    models: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ReturnChange:
    """An accepted or locked quarter of a body of which something else would be known.

    Of a locked one nothing else is reported before a restatement is approved.
    """

    partner_key: str
    period_key: str
    status: str
    indicator_key: str
    basis: str
    before: Decimal
    after: Decimal
    facts: int


@dataclass(frozen=True)
class RatingChange:
    """A rating that would be another one."""

    indicator_key: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class RuleRehearsal:
    """What the change would make: of figures and facts, of accepted and locked returns, of ratings."""

    difference: Difference
    returns: list[ReturnChange]
    ratings: list[RatingChange]


def parameter(written: str) -> tuple[str, Decimal | None]:
    """`NAME=VALUE`; without a value the threshold is as one that the programme has not set. Raises UserError."""
    name, separator, value = written.partition("=")
    if not separator:
        raise UserError(f"{written!r} is no threshold; write --parameter NAME=VALUE")
    try:
        return name.strip(), Decimal(value.strip()) if value.strip() else None
    except InvalidOperation:
        raise UserError(f"{value!r} is no number; write --parameter {name}=VALUE") from None


def rehearse_rules(home: Path, change: Change, clock: datetime, progress: Callable[[str], None]) -> RuleRehearsal:
    """Build both and compare them. Raises UserError for what is no seed, threshold or model, and for what does not
    build.
    """
    with tempfile.TemporaryDirectory(prefix="wmip-rehearsal-") as folder:
        copy, here = Path(folder) / "home", Path(folder)
        copy.mkdir()
        project = compiled(home)
        changed, told = _changed(project, change, here)
        progress("copying what was landed")
        share(home, copy)
        # Streams that are declared since the home's last night are there with no rows.
        ensure_landing(copy)
        if warehouse_file(home).exists():
            # What the last night made of the same is taken over.
            shutil.copyfile(warehouse_file(home), earlier_warehouse_file(copy))
        for name, of, doing in ((NOW, project, "counting as it is"), (THEN, changed, "counting as rehearsed")):
            progress(doing)
            _build(copy, of, clock)
            _keep(warehouse_file(copy), here / f"{name}.duckdb")
            set_aside(copy, keep=True)
        return _compare(here, told)


def _build(copy: Path, project: Compiled, clock: datetime) -> None:
    from identity.organisation_keys import READS, resolve_organisations

    models = project.with_all_they_read({*_READ, *READS})
    build_or_refuse(copy, project, [model for model in models if model.step == PREPARE], clock)
    resolve_organisations(copy, clock)
    build_or_refuse(copy, project, [model for model in models if model.step != PREPARE], clock)


def _keep(warehouse: Path, mart: Path) -> None:
    """The tables that are compared, as a mart has them; of the same inputs both, so that a rule moved what moved."""
    import duckdb

    with closing(duckdb.connect(str(mart))) as connection:
        connection.execute(f"ATTACH {literal(warehouse)} AS built (READ_ONLY)")
        for table in _READ:
            connection.execute(f"CREATE TABLE {quoted(table)} AS FROM built.mart.{quoted(table)}")
        connection.execute("CREATE TABLE release_info AS SELECT 'same' AS input_fingerprint, 'same' AS code_version")


def _compare(here: Path, told: list[InfoChange]) -> RuleRehearsal:
    with closing(attached(here / f"{NOW}.duckdb", here / f"{THEN}.duckdb")) as connection:
        prepare(connection)
        difference = Difference(
            NOW, THEN, told, value_changes(connection), fact_changes(connection), movements(connection)
        )
        return RuleRehearsal(difference, _returns(connection), _ratings(connection))


def _returns(connection: duckdb.DuckDBPyConnection) -> list[ReturnChange]:
    for side in ("older", "newer"):
        connection.execute(f"USE {side}")
        every = " UNION ALL ".join(
            f"SELECT partner_key, period_key, indicator_key, '{basis}' AS basis, fact_key, "
            "CAST(exact_quantity / exact_per_unit AS DECIMAL(18, 4)) AS quantity "
            f"FROM ({legs(AS_KNOWN, basis)})"
            for basis in BASES
        )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {side}_known AS {every}")
    connection.execute("USE memory")
    rows = connection.execute(
        f"""
        SELECT partner_key, period_key, any_value(s.status), indicator_key, basis,
            sum(coalesce(o.quantity, 0)), sum(coalesce(n.quantity, 0)),
            count(*) FILTER (o.quantity IS DISTINCT FROM n.quantity)
        FROM older_known AS o
        FULL JOIN newer_known AS n USING (partner_key, period_key, indicator_key, basis, fact_key)
        JOIN newer.return_status AS s USING (partner_key, period_key)
        WHERE s.is_latest AND s.status IN {_SETTLED}
        GROUP BY ALL HAVING count(*) FILTER (o.quantity IS DISTINCT FROM n.quantity) > 0
        ORDER BY 2, 1, 4, 5
        """
    ).fetchall()
    return [ReturnChange(*row) for row in rows]


def _ratings(connection: duckdb.DuckDBPyConnection) -> list[RatingChange]:
    rows = connection.execute(
        "SELECT indicator_key, o.rag, n.rag FROM older.indicator_performance AS o "
        "JOIN newer.indicator_performance AS n USING (indicator_key) WHERE o.rag IS DISTINCT FROM n.rag ORDER BY 1"
    ).fetchall()
    return [RatingChange(*row) for row in rows]


def _changed(project: Compiled, change: Change, here: Path) -> tuple[Compiled, list[InfoChange]]:
    """The project as it would be, and what of it is not the same, for the head of the comparison."""
    import duckdb

    seeds = here / "seeds.duckdb"
    shutil.copyfile(project.seeds, seeds)
    told: list[InfoChange] = []
    with closing(duckdb.connect(str(seeds))) as connection:
        for name, value in change.parameters:
            told.append(_set_parameter(connection, name, value))
        for file in change.seeds:
            told.append(_set_seed(connection, project, file))
    models = project.models
    for file in change.models:
        models = _with_model(models, file)
        told.append(InfoChange(f"model {file.stem}", "as it is", str(file)))
    if not told:
        raise UserError("name what is to be rehearsed: --parameter NAME=VALUE, --seed FILE.csv or --model FILE.sql")
    return replace(project, models=models, seeds=seeds, seeds_digest="rehearsed"), told


def _set_parameter(connection: duckdb.DuckDBPyConnection, name: str, value: Decimal | None) -> InfoChange:
    editions = connection.execute(
        "SELECT value FROM seed.parameter WHERE parameter = ? ORDER BY valid_from DESC NULLS LAST", [name]
    ).fetchall()
    if not editions:
        known = [
            row[0] for row in connection.execute("SELECT DISTINCT parameter FROM seed.parameter ORDER BY 1").fetchall()
        ]
        raise UserError(f"no threshold {name!r}; {nearest(name, known)}")
    # Of every edition: whichever is in force on the night says the same.
    connection.execute("UPDATE seed.parameter SET value = ? WHERE parameter = ?", [value, name])
    return InfoChange(f"parameter {name}", _text(editions[0][0]), _text(value))


def _set_seed(connection: duckdb.DuckDBPyConnection, project: Compiled, file: Path) -> InfoChange:
    import duckdb

    known = sorted(model.name for model in project.models if model.kind == "seed")
    if file.stem not in known or file.suffix != ".csv":
        raise UserError(f"{file} stands for no seed; name it like one of them, NAME.csv: {nearest(file.stem, known)}")
    columns = [row[0] for row in connection.execute(f"DESCRIBE seed.{quoted(file.stem)}").fetchall()]
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            head, *rows = list(csv.reader(text))
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read as CSV in UTF-8: {error or 'it is empty'}") from None
    if head != columns:
        raise UserError(f"{file} has other columns than the seed: {', '.join(columns)}")
    (before,) = connection.execute(f"SELECT count(*) FROM seed.{quoted(file.stem)}").fetchone() or (0,)
    connection.execute(f"DELETE FROM seed.{quoted(file.stem)}")
    for number, row in enumerate(rows, 2):
        try:
            connection.execute(
                f"INSERT INTO seed.{quoted(file.stem)} VALUES ({', '.join('?' * len(columns))})",
                [cell or None for cell in row],
            )
        except duckdb.Error as error:
            raise UserError(f"{file}, line {number}: {str(error).partition(chr(10))[0]}") from None
    return InfoChange(f"seed {file.stem}", f"{before} rows", f"{len(rows)} rows of {file}")


def _with_model(models: Sequence[Model], file: Path) -> tuple[Model, ...]:
    known = {model.name: model for model in models if model.kind != "seed"}
    if file.stem not in known or file.suffix != ".sql":
        raise UserError(f"{file} stands for no model; name it like one, NAME.sql: {_close(file.stem, known)}")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
    return recompiled(models, known[file.stem], text)


def _close(name: str, known: Iterable[str]) -> str:
    """The model that was probably meant; all of them are too many."""
    return nearest(name, sorted(known)).partition(" Known are")[0].partition("known are")[0] or "see dbt_project/models"


def _text(value: object) -> str:
    return "not set" if value is None else f"{value}"
