"""Open text files in the encodings people really send, and notice what may have gone wrong with them.

A byte that means nothing in its file's encoding never becomes another letter in silence: it stays what it is (an escape
of the kind that Python calls `surrogateescape`), and whoever reads its cell refuses the row; reports that are no tables
are refused whole, with the line.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TextIO

from ingestion.findings import RefusedFile

WINDOWS = "cp1252"
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED = re.compile("[\udc80-\udcff]")
_OTHER_LETTERS = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")
_NOTICED: ContextVar[set[str] | None] = ContextVar("noticed", default=None)


def encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 by its mark; UTF-8 if every byte fits, and also if most beyond ASCII do: the others are damaged;
    else Windows 1252 as Excel writes it.
    """
    with path.open("rb") as handle:
        start = handle.read(4)
    for mark, name in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return name
    try:
        for _ in _decoded(path, "strict"):
            pass
    except UnicodeDecodeError:
        if _is_mostly_utf8(path):
            return "utf-8"
        noticed = _NOTICED.get()
        if noticed is not None:
            noticed.add(WINDOWS)
        return WINDOWS
    return "utf-8"


def _is_mostly_utf8(path: Path) -> bool:
    # In Windows 1252 two letters that are one of UTF-8 hardly ever meet ("Ã" and "©").
    fitting = escaped = 0
    for text in _decoded(path, "surrogateescape"):
        fitting += len(_OTHER_LETTERS.findall(text))
        escaped += len(_ESCAPED.findall(text))
    return fitting >= escaped


def _decoded(path: Path, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


@contextmanager
def noticing() -> Iterator[set[str]]:
    """The set into which goes WINDOWS once a file is read as such."""
    noticed: set[str] = set()
    token = _NOTICED.set(noticed)
    try:
        yield noticed
    finally:
        _NOTICED.reset(token)


def is_damaged(text: str) -> bool:
    """Whether a text holds bytes that mean nothing in its file's encoding."""
    return not text.isascii() and _ESCAPED.search(text) is not None


@contextmanager
def open_text(path: Path, *, whole: bool = False) -> Iterator[TextIO]:
    """Open a text file for the csv module. `whole`: not if any byte of it is damaged. Raises RefusedFile."""
    encoding = encoding_of(path)
    # UTF-16 knows no escapes.
    errors = "strict" if encoding == "utf-16" else "surrogateescape"
    try:
        with path.open(encoding=encoding, errors=errors, newline="") as handle:
            if whole:
                number = next((number for number, line in enumerate(handle, 1) if is_damaged(line)), None)
                if number is not None:
                    raise RefusedFile(
                        f"line {number} holds bytes that mean nothing in the file's encoding ({_shown(encoding)}); it "
                        "was damaged on its way: download it again"
                    )
                handle.seek(0)
            yield handle
    except UnicodeDecodeError:
        raise RefusedFile(
            f"the file is damaged: it begins as {_shown(encoding)} and does not go on so; export or download it again"
        ) from None


def _shown(encoding: str) -> str:
    return {WINDOWS: "Windows-1252", "utf-8-sig": "UTF-8"}.get(encoding, encoding.upper())
