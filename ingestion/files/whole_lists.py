"""Lists that are sent again whole: a register by its file's name, a dataset of the 360Giving registry.

What a list no longer has is undone. A list that lost more than the shrink guard allows is held: all of its rows stay
until somebody confirms it by a row in `removals*.csv` (docs/sources/registers.md).
"""

from __future__ import annotations

from pathlib import Path

from ingestion.catalogue import SOURCES
from ingestion.files.inbox import InboxFile
from ingestion.storage.landing import HeldList
from ingestion.storage.latest import read_latest

# So many characters of a SHA-256 name a file.
SHA256_PREFIX = 12
CONFIRMATIONS = ("registers", "removals")
"""The stream that confirms what lists lose, in the same night too."""


def is_confirmed(home: Path, file: InboxFile) -> bool:
    """Whether the programme office confirmed that what a file no longer lists is to go."""
    source, stream = CONFIRMATIONS
    removals = SOURCES[source].stream(stream)
    return any(
        name == file.path.name and len(sha256) >= SHA256_PREFIX and file.sha256.startswith(sha256.lower())
        for name, sha256 in read_latest(home, source, removals, ("file_name", "content_sha256"))
    )


def held(file: InboxFile, lists: list[HeldList]) -> str:
    """What is said of a file whose lists are held."""
    missing, before = sum(one.missing for one in lists), sum(one.before for one in lists)
    return (
        f"held: {missing} of {before} rows in use are no longer in it, more than the shrink guard allows; they stay "
        f"until removals*.csv has a row of file_name {file.path.name} and content_sha256 {file.sha256[:SHA256_PREFIX]}"
    )
