"""Read one source tonight: what it gave is landed, what was wrong is quarantined or refused, what happened is recorded.

A source that fails never stops the night: the report says `failed` or `refused` with a reason, and the last landed data
stays in use.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from common.home import landing_folder, register_folder, registry_folder
from ingestion.apis.reading import ApiReading
from ingestion.catalogue import SOURCES
from ingestion.drift import ensure_drift_log, write_drift
from ingestion.files.reading import FileReading
from ingestion.ledgers import LEDGERS
from ingestion.reading import Progress, SourceReport
from ingestion.storage.landing import ensure_stream
from ingestion.storage.night_log import ensure_night_log
from ingestion.storage.office import ensure_office
from ingestion.storage.read_log import ensure_log, write_log


def ensure_landing(home: Path) -> None:
    """Create every declared stream's folder and empty file, and those of the logs of nights."""
    for source, declaration in SOURCES.items():
        for stream in declaration.streams:
            ensure_stream(home, source, stream)
    for source, stream in LEDGERS.items():
        ensure_stream(home, source, stream)
    ensure_log(home)
    ensure_drift_log(home)
    ensure_night_log(home)
    ensure_office(home)


def input_fingerprint(home: Path, *, without: Collection[str] = ()) -> str:
    """SHA-256 over everything a mart is made from: the landed files (named by content) and the registry, `without` some
    of its registers.
    """
    left_out = [register_folder(home, register) for register in without]
    digest = hashlib.sha256()
    for path in sorted(landing_folder(home).rglob("*.parquet")):
        digest.update(str(path.relative_to(home)).encode())
    for path in sorted(registry_folder(home).rglob("*.parquet")):
        if path.parent not in left_out:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def ingest_source(
    name: str,
    *,
    home: Path,
    config: Mapping[str, Any],
    clock: datetime,
    run_id: str,
    environment: Mapping[str, str],
    progress: Progress | None = None,
) -> SourceReport:
    """Read a source into the landing and write what it did to `runs/<run_id>/source_run/<name>.parquet`, and what was
    new in what it sent to `source_drift/<name>.parquet` beside it.

    `config` is the source's block of `wmip.yaml`; `environment` holds the secrets it names.
    """
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    declaration = SOURCES[name]
    settings = {**declaration.settings, **config}
    kind = FileReading if declaration.kind == "files" else ApiReading
    reading = kind(declaration, home, settings, clock, run_id, environment, progress or (lambda _message: None))
    report = reading.read() if settings.get("enabled", True) else reading.same_for_all("disabled", None)
    write_log(home, run_id, name, report.streams)
    write_drift(home, run_id, name, report.drifts)
    return report
