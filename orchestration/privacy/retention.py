"""What `retention` in `wmip.yaml` says may be kept how long; what it does not say is kept."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from common.home import inbox_folder, make_private, originals_folder, privacy_folder, stream_folder
from ingestion.catalogue import SOURCES
from ingestion.files.inbox import sha256_of
from ingestion.ledgers import INBOX_FILES
from ingestion.persons.pseudonyms import PSEUDONYM
from ingestion.storage.landing import ensure_stream
from ingestion.storage.scratch import scratch
from orchestration.privacy.persons import erase_pseudonyms, needed_key

if TYPE_CHECKING:
    from orchestration.configuration import Configuration

EXPIRED = "retention"


@dataclass(frozen=True)
class Rule:
    """What becomes of an entity, from when on and after which period; `period` None: it is kept until one is set."""

    entity: str
    trigger: str
    period: str | None
    action: str


def rules(configuration: Configuration) -> list[Rule]:
    """What `wmip.yaml` says is kept how long, as domain.md section 5 wants it listed."""
    kept = configuration.retention
    return [
        Rule(
            "person_keys",
            "nothing new of the person was landed",
            _months(kept.person_keys_months),
            "the pseudonym is replaced as if the person had been erased; counts stay",
        ),
        Rule(
            "originals",
            "the night that first handled the file",
            _months(kept.originals_months),
            "the original goes, and the file where it was dropped",
        ),
        Rule(
            "releases",
            "a newer release",
            f"{configuration.releases.keep} releases",
            "all but the newest so many go; the current one and those with a .keep file stay",
        ),
    ]


def _months(number: int | None) -> str | None:
    return None if number is None else f"{number} months"


def months_before(clock: datetime, months: int) -> datetime:
    """The same time of day so many months earlier; a day that month lacks is its last."""
    year, month = divmod(clock.year * 12 + clock.month - 1 - months, 12)
    return clock.replace(year=year, month=month + 1, day=min(clock.day, monthrange(year, month + 1)[1]))


def expired_pseudonyms(home: Path, before: datetime) -> set[str]:
    """Pseudonyms of whom nothing new was landed since an instant, in any stream."""
    newest: dict[str, datetime] = {}
    for source in SOURCES.values():
        for stream in source.streams:
            if "person_key" not in stream.columns:
                continue
            ensure_stream(home, source.name, stream)
            with scratch() as connection:
                connection.execute("SET TimeZone = 'UTC'")
                rows = connection.execute(
                    "SELECT person_key, max(_loaded_at)::TIMESTAMP FROM read_parquet(?, union_by_name = true) "
                    "WHERE person_key IS NOT NULL GROUP BY 1",
                    [str(stream_folder(home, source.name, stream.name) / "*.parquet")],
                ).fetchall()
            for pseudonym, loaded in rows:
                newest[pseudonym] = max(loaded, newest.get(pseudonym, loaded))
    limit = before.replace(tzinfo=None)
    return {pseudonym for pseudonym, loaded in newest.items() if loaded < limit and PSEUDONYM.fullmatch(pseudonym)}


def expired_originals(home: Path, before: datetime) -> list[Path]:
    """Originals of files first handled before an instant, and these files where they were dropped."""
    ensure_stream(home, "inbox", INBOX_FILES)
    with scratch() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        old = {
            sha256
            for (sha256,) in connection.execute(
                "SELECT file_sha256 FROM read_parquet(?, union_by_name = true) GROUP BY 1 "
                "HAVING min(_loaded_at)::TIMESTAMP < ?",
                [str(stream_folder(home, "inbox", "files") / "*.parquet"), before.replace(tzinfo=None)],
            ).fetchall()
        }
    kept = [path for path in sorted(originals_folder(home).glob("*")) if path.name in old]
    dropped = [path for path in sorted(inbox_folder(home).glob("*/*")) if path.is_file() and sha256_of(path) in old]
    return [*kept, *dropped] if old else []


def apply_retention(
    home: Path,
    clock: datetime,
    environment: Mapping[str, str],
    *,
    person_keys_months: int | None,
    originals_months: int | None,
) -> dict[str, int]:
    """Let go of what is kept too long; how many of each. Each time something goes, a line in `privacy/retention.jsonl`.

    Raises UserError when persons are to go and the pseudonym key is not set or another.
    """
    gone: dict[str, int] = {}
    if originals_months is not None:
        paths = expired_originals(home, months_before(clock, originals_months))
        for path in paths:
            path.unlink(missing_ok=True)
        gone["originals"] = len(paths)
    if person_keys_months is not None:
        expired = expired_pseudonyms(home, months_before(clock, person_keys_months))
        gone["person_keys"] = (
            erase_pseudonyms(home, expired, needed_key(home, environment, clock), EXPIRED, clock) if expired else 0
        )
    if any(gone.values()):
        with (make_private(privacy_folder(home)) / "retention.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({"at": clock.isoformat(), **gone}) + "\n")
    return gone
