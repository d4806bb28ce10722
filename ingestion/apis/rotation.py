"""Asking again for what is landed, a part each night."""

from __future__ import annotations

from datetime import date
from zlib import crc32


def is_due(identifier: str, on: date, every_days: int) -> bool:
    """Whether it is this record's turn: once in so many days, spread evenly over them by a hash of its id.

    Without a memory of its own, so that the same landing and clock ask for the same.
    """
    return (on.toordinal() + crc32(identifier.encode())) % every_days == 0
