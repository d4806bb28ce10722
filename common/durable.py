"""Files that are there whole, or not there, whenever the machine dies: what stays in a home is written so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """The name under which to write a file. It takes its own name once all of it is on the disk, and its folder knows.

    A block that raises leaves what was there before; one that is killed leaves a name with a dot in front beside it.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a file that was written under another name, in the same folder, its own."""
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    with written(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet."""
    import pyarrow.parquet as pq

    with written(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def move_folder(folder: Path, to: Path) -> None:
    """Give a folder its name once all that is in it is on the disk."""
    sync_tree(folder)
    folder.rename(to)
    sync(to.parent)


def sync(path: Path) -> None:
    """Make sure a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make sure everything below a folder is on the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
