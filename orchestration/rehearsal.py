"""What a night would say of a workbook that was not handed in yet: its own steps, in a copy that is thrown away.

The copy shares the home's landed files by links, so that the workbook is judged beside all that was returned before. No
rule is written a second time here: the findings and reasons are those of the models.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from common.home import inbox_folder, landing_folder, registry_folder, warehouse_file
from ingestion.files.inbox import take_stock
from orchestration.dbt_build import build
from orchestration.dbt_compiled import PREPARE, Compiled, Model, compiled
from orchestration.errors import UserError
from orchestration.return_counts import TO_DO

SOURCE = "returns"
# The models that the remarks are read from.
_READ = ("finding", "indicator", "indicator_fact", "int_support__session")


@dataclass(frozen=True)
class Remark:
    """What the night would say of a row of a stream, or of what an indicator counts it for: by which rule, in words."""

    place: str
    about: str
    rule: str
    message: str


@dataclass(frozen=True)
class Figure:
    """What a workbook's rows claim and verify of an indicator, in its unit, and what does not count by reason."""

    indicator_key: str
    claimed: Decimal
    verified: Decimal
    not_counted: Mapping[str, tuple[int, Decimal]]


@dataclass(frozen=True)
class Rehearsal:
    """Findings of a workbook beside the home's history, then its rows that would not count, in order of place; and what
    it counts for.
    """

    remarks: list[Remark]
    figures: list[Figure]


def rehearse(home: Path, file: Path, quarter: str, clock: datetime, progress: Callable[[str], None]) -> Rehearsal:
    """What the night would make of a workbook, which is of that quarter.

    Nothing of the home is changed. Raises UserError when the models cannot be built on it.
    """
    from identity.organisation_keys import READS, resolve_organisations

    with tempfile.TemporaryDirectory(prefix="wmip-rehearsal-") as folder:
        copy = Path(folder)
        progress("copying what was landed")
        share(home, copy)
        _read(home, copy, file, clock)
        progress("matching organisations")
        project = compiled(copy)
        models = project.with_all_they_read({*_READ, *READS})
        build_or_refuse(copy, project, [model for model in models if model.step == PREPARE], clock)
        resolve_organisations(copy, clock)
        progress("counting")
        build_or_refuse(copy, project, [model for model in models if model.step != PREPARE], clock)
        warehouse = warehouse_file(copy)
        return Rehearsal(_remarks(warehouse, file.name), _figures(warehouse, file.name, quarter))


def share(home: Path, copy: Path) -> None:
    """The home's landed files by links, in folders that may be written to; its registry as a copy."""
    for path in landing_folder(home).rglob("*.parquet"):
        link = copy / path.relative_to(home)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
    if registry_folder(home).is_dir():
        shutil.copytree(registry_folder(home), registry_folder(copy))


def _read(home: Path, copy: Path, file: Path, clock: datetime) -> None:
    """Read the workbook as a night would, beside those that wait in the home's inbox."""
    from ingestion.ingest import ensure_landing, ingest_source

    inbox = inbox_folder(copy, SOURCE)
    inbox.mkdir(parents=True)
    for waiting in take_stock(home, SOURCE).files:
        shutil.copyfile(waiting.path, inbox / waiting.path.name)
    shutil.copyfile(file, inbox / file.name)
    ensure_landing(copy)
    ingest_source(SOURCE, home=copy, config={}, clock=clock, run_id="rehearsal", environment={})


def build_or_refuse(copy: Path, project: Compiled, models: Sequence[Model], clock: datetime) -> None:
    """Make models in a copy's warehouse. Raises UserError, in DuckDB's words, when one of them cannot be made."""
    failures = build(copy, project, models, clock, lambda _model: None).failures
    if failures:
        raise UserError(
            "it cannot be put beside what was returned before, because the warehouse does not build: "
            + " | ".join(failures[:3])
        )


def _figures(mart: Path, file_name: str, quarter: str) -> list[Figure]:
    """The figures of the facts that stand in a workbook, in its own quarter, by indicator.

    What it says of other quarters counts there: `another_quarter`.
    """
    import duckdb

    with closing(duckdb.connect(str(mart), read_only=True)) as connection:
        rows = connection.execute(
            """
            SELECT
                indicator_key,
                CASE
                    WHEN period_key IS DISTINCT FROM $quarter THEN 'another_quarter' ELSE not_counted_reason
                END AS why,
                count(*),
                sum(claimed_quantity),
                coalesce(
                    sum(claimed_quantity) FILTER (WHERE claimed_period_key = $quarter AND status <> 'withdrawn'), 0
                ),
                coalesce(sum(quantity) FILTER (WHERE period_key = $quarter AND is_counted AND status = 'verified'), 0)
            FROM mart.indicator_fact WHERE starts_with(source_place, $file || '#')
            GROUP BY ALL ORDER BY ALL
            """,
            {"file": file_name, "quarter": quarter},
        ).fetchall()
    found: dict[str, Figure] = {}
    for indicator, reason, count, quantity, claimed, verified in rows:
        before = found.get(indicator, Figure(indicator, Decimal(0), Decimal(0), {}))
        reasons = {**before.not_counted, **({reason: (count, quantity)} if reason else {})}
        found[indicator] = Figure(indicator, before.claimed + claimed, before.verified + verified, reasons)
    return list(found.values())


def _remarks(warehouse: Path, file_name: str) -> list[Remark]:
    import duckdb

    with closing(duckdb.connect(str(warehouse), read_only=True)) as connection:
        # What the reader itself finds has an instant, and is said by whoever read the file.
        found = connection.execute(
            "SELECT DISTINCT stream, place, rule, message FROM mart.finding WHERE source = $source "
            "AND found_at IS NULL AND (place = $file OR starts_with(place, $file || '#')) ORDER BY ALL",
            {"source": SOURCE, "file": file_name},
        ).fetchall()
        reasons = connection.execute(
            "SELECT source_place, not_counted_reason, min(indicator_key) FROM mart.indicator_fact "
            "WHERE not_counted_reason IS NOT NULL AND starts_with(source_place, $file || '#') "
            "AND indicator_key IN (SELECT indicator_key FROM seed.indicator WHERE is_headline) "
            "GROUP BY ALL "
            "UNION ALL "
            "SELECT source_place, not_counted_reason, 'support_sessions' FROM intermediate.int_support__session "
            "WHERE not_counted_reason IS NOT NULL AND starts_with(source_place, $file || '#') ORDER BY ALL",
            {"file": file_name},
        ).fetchall()
    said = [Remark(place, stream, rule, message) for stream, place, rule, message in found]
    told = {(remark.place, remark.rule) for remark in said}
    return said + [
        Remark(place, indicator, reason, f"does not count ({reason}): {TO_DO.get(reason, 'see docs/contracts.md')}")
        for place, reason, indicator in reasons
        if (place, reason) not in told
    ]
