"""What is done with a workbook that came in: read and marked in a process of bounded memory and time, as nights do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath

from ingestion.files.child import bounded
from ingestion.files.limits import Limits
from ingestion.findings import RefusedFile
from ingestion.sources.returns.answer import Answer, look_at
from ingestion.sources.returns.marked_up import write_marked_up
from orchestration.returns_desk import hand_in, partners, reading_settings

SECONDS = 60
"""How long a workbook may be read while somebody waits."""


def look(home: Path, name: str, content: bytes, body: str | None) -> Answer:
    """The answer to a workbook; `body`: whose it must be. A file on which the reader fails is refused, too."""
    settings, within = _within(home)
    codes = list(partners(home)) or None
    with _as_file(name, content) as path:
        try:
            (answer,) = bounded(look_at, path, home, settings, codes, within, body, within=within)
        except RefusedFile as failed:
            return Answer(path.name, "", refused=str(failed))
    return answer


def marked_up(home: Path, name: str, content: bytes, answer: Answer) -> bytes:
    """The marked-up copy of a workbook. Raises RefusedFile for one of which none can be made."""
    _, within = _within(home)
    with _as_file(name, content) as path:
        (marked,) = bounded(copies, path, answer, within=within)
    return marked


def copies(path: Path, answer: Answer) -> Iterator[bytes]:
    """The one marked-up copy of a workbook, as a process of its own gives it."""
    to = path.with_name("marked.xlsx")
    try:
        write_marked_up(path, answer, to)
    except ValueError as reason:
        raise RefusedFile(str(reason)) from None
    yield to.read_bytes()


def take(home: Path, name: str, content: bytes, answer: Answer) -> Path:
    """Hand a workbook in; where it is. Raises UserError for one that is here already, or older than what is here."""
    with _as_file(name, content) as path:
        return hand_in(path, home, answer.rows["covers"][0])


def _within(home: Path) -> tuple[dict[str, object], Limits]:
    settings, within = reading_settings(home)
    return dict(settings), replace(within, seconds=min(within.seconds, SECONDS))


@contextmanager
def _as_file(name: str, content: bytes) -> Iterator[Path]:
    """The workbook as a file of its own name, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wmip-page-") as folder:
        path = Path(folder) / safe_name(name)
        path.write_bytes(content)
        yield path


def safe_name(name: str) -> str:
    """The name of an uploaded file without folders, leading dots and what is not printable."""
    plain = "".join(sign for sign in PurePath(name.replace("\\", "/")).name if sign.isprintable()).lstrip(". ~$")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:120]}{dot}{suffix[:8]}" if stem else "return.xlsx"
