"""Open text files in the encodings people really send."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 by its mark, UTF-8 if every byte fits, else Windows 1252 as Excel writes it."""
    with path.open("rb") as handle:
        start = handle.read(4)
        for mark, name in _BYTE_ORDER_MARKS:
            if start.startswith(mark):
                return name
        handle.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := handle.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a text file for the csv module. Bytes that no encoding explains become replacement marks."""
    with path.open(encoding=encoding_of(path), errors="replace", newline="") as handle:
        yield handle
