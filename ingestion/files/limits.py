"""How large a file may be before anybody opens it, and how much reading it may use.

Checked by us, first: what reads files in native code may end its process, or take the machine's memory, before it says
anything. Defaults fit the largest files that are published; a home changes them for a source in `wmip.yaml`:
`sources: {returns: {limits: {cells: 100000}}}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import Any

from common.yamlfile import nearest


class InvalidLimits(ValueError):
    """What `wmip.yaml` says of limits cannot be used."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one file: its size, and that of a file in a zip; a workbook's size, the size of its parts (one, all)
    once unpacked, how often a part may be larger than packed, and the cells from A1 to the last of a sheet; memory of
    the process that reads it, and seconds in which that must give its next rows.
    """

    file_megabytes: int = 8_192
    workbook_megabytes: int = 200
    part_megabytes: int = 512
    parts_megabytes: int = 1_024
    ratio: int = 400
    cells: int = 10_000_000
    memory_megabytes: int = 1_024
    seconds: int = 300

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Limits:
        """The limits as the settings of a source change them. Raises InvalidLimits for one unknown or no number."""
        given = settings.get("limits") or {}
        if not isinstance(given, Mapping):
            raise InvalidLimits("limits: expected names and numbers, such as `cells: 100000`")
        known = {field.name for field in fields(cls)}
        for name, value in given.items():
            if name not in known:
                raise InvalidLimits(f"limits: unknown {name}; {nearest(name, sorted(known))}")
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidLimits(f"limits: {name}: expected a whole number of at least 1")
        return cls(**given)


_CURRENT: ContextVar[Limits] = ContextVar("limits", default=Limits())  # noqa: B039


def limits() -> Limits:
    """The limits of what is being read."""
    return _CURRENT.get()


@contextmanager
def limited_to(given: Limits) -> Iterator[None]:
    """Read within these limits."""
    token = _CURRENT.set(given)
    try:
        yield
    finally:
        _CURRENT.reset(token)
