"""JSON of the 360Giving standard on its way into cells: values by path, odd shapes told, endless numerals cut."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from ingestion.files.encodings import encoding_of
from ingestion.files.values import NoValue


class JsonObject(dict[str, Any]):
    """An object of JSON. A key that stands twice in it with different values has none: nobody knows which is meant."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self and (isinstance(value, (dict, list)) or self[key] != value):
            value = NoValue(instead="its key stands twice in one object; keep the right one")
        super().__setitem__(key, value)


_SHAPES: Mapping[type, str] = {JsonObject: "an object", dict: "an object", list: "a list"}


def value_at(grant: Any, path: Sequence[str]) -> Any:
    """Value at a path such as recipientOrganization/0/id; None where the path ends early. `#` counts a list."""
    value = grant
    for step in path:
        if value in (None, [], {}) or isinstance(value, NoValue):
            break
        if step == "#":
            return sum(bool(item) for item in value) if isinstance(value, list) else None
        wanted = list if step.isdigit() else dict
        if not isinstance(value, wanted):
            return _other_shape(value, _SHAPES[wanted])
        value = (value[int(step)] if int(step) < len(value) else None) if wanted is list else value.get(step)
    if value in ([], {}):
        return None
    return _other_shape(value, "one value") if isinstance(value, (dict, list)) else value


def _other_shape(value: Any, wanted: str) -> NoValue:
    return NoValue(instead=f"{_SHAPES.get(type(value), 'one value')} stands where the standard has {wanted}")


@contextmanager
def utf8(path: Path) -> Iterator[ShortNumerals]:
    """A text file as bytes in UTF-8 without a mark."""
    encoding = encoding_of(path)
    with path.open("rb") as handle:
        yield ShortNumerals(
            handle if encoding == "utf-8" else cast("BinaryIO", codecs.EncodedFile(handle, "utf-8", encoding))
        )


class ShortNumerals:
    """A file in which no more than so many digits follow each other: the parser makes numbers before anybody can look
    at them. What is cut off belongs to no amount within bounds.
    """

    _MOST = 100
    _LONG = re.compile(rb"(\d{%d})\d+" % _MOST)
    _FIRST = re.compile(rb"\d*")
    _LAST = re.compile(rb"\d{0,%d}\Z" % _MOST)

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._open = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none at the end only."""
        while block := self._handle.read(size):
            begun = self._FIRST.match(block)
            if self._open and begun is not None:
                block = begun[0][: self._MOST - self._open] + block[begun.end() :]
            kept = self._LONG.sub(rb"\1", block)
            last = self._LAST.search(kept)
            count = len(last[0]) if last else 0
            self._open = min(self._MOST, self._open + count) if count == len(kept) else count
            if kept:
                return kept
        return b""
