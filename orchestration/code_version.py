"""Which code produced a figure: the version with a fingerprint of the sources, so that it needs no git."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_ROOMS = ("ingestion", "identity", "quality", "orchestration", "dbt_project")
_KINDS = {".py", ".sql", ".yml", ".yaml", ".csv", ".parquet"}


@cache
def code_version() -> str:
    """`<version>+<12 hex>` over every file of the rooms that can change a figure."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            inside = path.relative_to(ROOT)
            if path.suffix in _KINDS and "target" not in inside.parts and "__pycache__" not in inside.parts:
                digest.update(str(inside).encode())
                digest.update(path.read_bytes())
    return f"{version('wmip-warehouse')}+{digest.hexdigest()[:12]}"
