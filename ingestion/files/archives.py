"""Zip archives, of which workbooks are some, as people send them."""

from __future__ import annotations

import lzma
import zipfile
import zlib

from ingestion.files.limits import limits
from ingestion.findings import RefusedFile

UNREADABLE_ARCHIVE = (
    zipfile.BadZipFile,
    # A method, or an encryption, that Python does not know.
    NotImplementedError,
    # It asks for a password.
    RuntimeError,
    # It ends too early, or its packed bytes are damaged: each method says so in its own way, bzip2 by OSError.
    EOFError,
    zlib.error,
    lzma.LZMAError,
)
"""What Python raises of an archive that cannot be read; OSError, which may pass, is for the caller to judge."""
_MOST_PARTS = 10_000
_SMALL = 1 << 20


def refuse_if_too_large(archive: zipfile.ZipFile) -> None:
    """Raises RefusedFile for a workbook that is beyond the limits once unpacked, before anything of it is."""
    members, bound = archive.infolist(), limits()
    if len(members) > _MOST_PARTS:
        raise RefusedFile(f"the workbook has more than {_MOST_PARTS:,} parts; save its sheets in a new one")
    if sum(member.file_size for member in members) > bound.parts_megabytes * 1_000_000:
        raise RefusedFile(f"the workbook is larger than {bound.parts_megabytes} MB unpacked; split it")
    for member in members:
        if member.file_size > bound.part_megabytes * 1_000_000:
            raise RefusedFile(f"a part of the workbook is larger than {bound.part_megabytes} MB unpacked; split it")
        if member.file_size > _SMALL and member.file_size > bound.ratio * max(1, member.compress_size):
            raise RefusedFile(
                f"a part of the workbook is more than {bound.ratio} times as large as packed: nearly all of it is the "
                "same; save what is used of it in a new workbook"
            )
