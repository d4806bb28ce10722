"""Zip archives, of which workbooks are some, as people send them."""

from __future__ import annotations

import lzma
import zipfile
import zlib

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
