"""One night of one source in a process of its own, so that its peak memory is its own. Prints JSON."""

from __future__ import annotations

import csv
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from ingestion.catalogue import SOURCES
from ingestion.nightly import SourceReport, ingest_source
from sandbox.options import SANDBOX_CLOCK, Options

_HEADINGS = (
    "Identifier",
    "Title",
    "Description",
    "Currency",
    "Amount Awarded",
    "Award Date",
    "Recipient Org:Identifier",
    "Recipient Org:Name",
    "Recipient Org:Postal Code",
    "Funding Org:Identifier",
    "Funding Org:Name",
    "Grant Programme:Title",
)
_PATHS = (
    "id",
    "title",
    "description",
    "currency",
    "amountAwarded",
    "awardDate",
    "recipientOrganization/0/id",
    "recipientOrganization/0/name",
    "recipientOrganization/0/postalCode",
    "fundingOrganization/0/id",
    "fundingOrganization/0/name",
    "grantProgramme/0/title",
)
# Two sentences, with a comma: about 500 bytes a grant, as published files have them.
_DESCRIPTION = "A generated grant, which stands for no real one, with words as real ones have. " * 4


def _grants(rows: int) -> Iterator[tuple[Any, ...]]:
    """Generated grants, all different and all right. Grain: a grant."""
    for number in range(rows):
        charity = number % 90_000
        yield (
            f"360G-generated-{number}",
            f"Grant number {number}",
            _DESCRIPTION,
            "GBP",
            100 + number * 37 % 90_000 / 100,
            f"{2000 + number % 24}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            f"GB-CHC-{1_000_000 + charity}",
            f"Charity number {charity}",
            f"B{1 + charity % 30} 1AA",
            "GB-CHC-200051",
            "A generated funder",
            f"Programme {number % 20}",
        )


def _write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(_HEADINGS)
        writer.writerows(_grants(rows))


def _write_xlsx(path: Path, rows: int) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("grants")
        for row, cells in enumerate((_HEADINGS, *_grants(rows))):
            sheet.write_row(row, 0, cells)


def _write_json(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as handle:
        handle.write('{"version": "1.4", "grants": [')
        for number, cells in enumerate(_grants(rows)):
            grant: dict[str, Any] = {}
            for steps, value in zip(_PATHS, cells, strict=True):
                first, *rest = steps.split("/")
                if rest:
                    grant.setdefault(first, [{}])[0][rest[-1]] = value
                else:
                    grant[first] = value
            handle.write(("," if number else "") + json.dumps(grant))
        handle.write("]}")


_WRITERS = {"csv": _write_csv, "json": _write_json, "xlsx": _write_xlsx}


@contextmanager
def _prepared(home: Path, source: str, grants: str, rows: int, scale: float) -> Iterator[dict[str, Any]]:
    """What the source reads: a generated grants file, or the sandbox's files and APIs; its block of `wmip.yaml`."""
    if grants:
        folder = home / "inbox" / "grants"
        folder.mkdir(parents=True)
        _WRITERS[grants](folder / f"generated.{grants}", rows)
        yield {}
        return
    from sandbox.programme import Programme
    from sandbox.server import SandboxServer

    programme = Programme.generate(Options(seed=1, scale=scale))
    if SOURCES[source].kind == "files":
        programme.write_inbox(home)
        yield {}
        return
    with SandboxServer(programme) as server:
        server.configure(home, os.environ)
        # The server limits rates by itself now and then; the waiting for it is no work of the reader's.
        server.faults.rate_limits = 0
        yield yaml.safe_load((home / "wmip.yaml").read_text(encoding="utf-8"))["sources"][source]


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _read(source: str, home: Path, config: dict[str, Any]) -> SourceReport:
    return ingest_source(source, home=home, config=config, clock=SANDBOX_CLOCK, run_id="bench", environment=os.environ)


def main(
    home: Annotated[Path, typer.Option(help="An empty folder.")],
    source: Annotated[str, typer.Option(help="Name of the source.")],
    grants: Annotated[str, typer.Option(help="Read a generated grants file of this kind: csv, json or xlsx.")] = "",
    rows: Annotated[int, typer.Option(help="Grants in the generated file.")] = 20_000,
    scale: Annotated[float, typer.Option(help="Size of the sandbox's programme.")] = 1,
) -> None:
    """Prepare what a source reads, then run and time one night of it."""
    with _prepared(home, source, grants, rows, scale) as config:
        for earlier in SOURCES[source].reads_after:
            _read(earlier, home, {})
        before = _peak_mib()
        started = time.perf_counter()
        report = _read(source, home, config)
        seconds = time.perf_counter() - started
    failed = [stream.message for stream in report.streams if stream.status not in {"loaded", "unchanged"}]
    if failed:
        sys.exit(f"{source} was not read: {failed[0]}")
    rows_read = sum(stream.rows_read or 0 for stream in report.streams)
    if not rows_read:
        sys.exit(f"{source} gave no rows: {[file.reason for file in report.files][:3]}")
    files = home / "inbox" / str(SOURCES[source].inbox)
    print(
        json.dumps(
            {
                "rows": rows_read,
                "bytes": sum(path.stat().st_size for path in files.glob("*")) if files.is_dir() else 0,
                "seconds": seconds,
                "memory_before_mib": before,
                "memory_peak_mib": _peak_mib(),
            }
        )
    )


if __name__ == "__main__":
    typer.run(main)
