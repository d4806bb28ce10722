"""Which files of a home a mart is made of, by content: what a release says of its inputs, and what makes it anew."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from common.home import registry_folder
from common.sql import literal
from orchestration.dbt_compiled import EVALUATE, compiled
from orchestration.release.integrity import checksum
from orchestration.unchanged import FILES

INPUTS = "inputs.json"
PACKAGES = ("duckdb", "dbt-core", "great-expectations", "pyarrow")
# What an earlier registry was replaced by is kept beside it and read by nobody.
_PUT_ASIDE = ".damaged"
_LOAD = re.compile(r"(\d{8}T\d{6}Z)_[0-9a-f]+\.parquet$")


@dataclass(frozen=True)
class InputFile:
    """A file that a mart was made of, by its path in the home. `rows`: none where it is no Parquet file."""

    path: str
    sha256: str
    rows: int | None


def registry_files(home: Path) -> list[Path]:
    """Everything that was decided: organisation keys, registers of the office."""
    return [
        path
        for path in sorted(registry_folder(home).rglob("*"))
        if path.is_file() and path.name[0] != "." and _PUT_ASIDE not in path.suffix
    ]


def files_read(home: Path) -> list[Path]:
    """Every file of a home that the models of its candidate read: landing, registry, logs of the nights."""
    patterns = {
        pattern for model in compiled(home).models if model.step != EVALUATE for pattern in FILES.findall(model.sql)
    }
    found = {path for pattern in sorted(patterns) for path in home.glob(pattern)}
    return sorted(found | set(registry_files(home)))


def described(home: Path, paths: Iterable[Path]) -> list[InputFile]:
    """The files with their content as SHA-256 and their rows, in the order of their paths."""
    listed = sorted(paths)
    rows: dict[str, int] = {}
    tables = [path for path in listed if path.suffix == ".parquet"]
    if tables:
        with duckdb.connect() as connection:
            names = ", ".join(literal(path) for path in tables)
            rows = dict(
                connection.execute(f"SELECT file_name, num_rows FROM parquet_file_metadata([{names}])").fetchall()
            )
    return [InputFile(str(path.relative_to(home)), checksum(path), rows.get(str(path))) for path in listed]


def by_stream(files: Iterable[InputFile]) -> list[dict[str, Any]]:
    """What was read of each stream and register: loads, rows, the instant of the newest load, one fingerprint."""
    folders: dict[str, list[InputFile]] = {}
    for file in files:
        if file.rows:
            parts = Path(file.path).parts
            name = "/".join(parts[:-1]) if parts[0] != "runs" else "/".join((parts[0], *parts[2:-1]))
            folders.setdefault(name, []).append(file)
    return [
        {
            "stream": name,
            "loads": len(of_stream),
            "rows": sum(file.rows or 0 for file in of_stream),
            "newest_load": max(map(_load_of, of_stream)),
            "fingerprint": _fingerprint(of_stream),
        }
        for name, of_stream in sorted(folders.items())
    ]


def _load_of(file: InputFile) -> str:
    found = _LOAD.search(file.path)
    return found[1] if found else ""


def _fingerprint(files: Iterable[InputFile]) -> str:
    listed = "\n".join(f"{file.path} {file.sha256}" for file in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def makers() -> dict[str, str]:
    """What a figure depends on beside the code: versions of Python and of what computes and judges."""
    return {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def as_data(files: Iterable[InputFile]) -> dict[str, dict[str, Any]]:
    """The files as they stand in `inputs.json`: by path."""
    return {file.path: {name: said for name, said in asdict(file).items() if name != "path"} for file in files}
