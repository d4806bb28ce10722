"""In which objects and fields of a source a tenant keeps what the landing calls by its own names.

Shipped: `ingestion/sources/<source>/mapping.yaml`. A home changes parts of it in `mappings/<source>.yaml`: a stream
named there gives `object` (what the source calls the table; null: this tenant has none) and `columns` (landed column ->
field of the source; null: this tenant has none). What it does not name stays as shipped.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.home import mappings_folder
from common.yamlfile import YamlFile, read_yaml
from ingestion.apis.http import SourceFailed
from ingestion.declaration import FOLDER, Source

# A field, a field of a record it refers to (`RecordType.Name`), or what a field means (`statuscode#label`).
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*(#[a-z]+)?")


class InvalidMapping(SourceFailed):
    """A mapping that cannot be used; the message names the file, the place, what is wrong and what is allowed."""


@dataclass(frozen=True)
class StreamMapping:
    """Where one stream's records stand. `columns`: landed column -> field; only those the tenant has."""

    object: str | None
    columns: Mapping[str, str]

    @property
    def fields(self) -> list[str]:
        """The fields to ask for, each once, in order."""
        return sorted(set(self.columns.values()))

    def fingerprint(self, version: str) -> str:
        """Changes when something else is asked of the source: then what is landed has to be read anew."""
        asked = [version, str(self.object), *(f"{column}={name}" for column, name in sorted(self.columns.items()))]
        return hashlib.sha256("\n".join(asked).encode()).hexdigest()[:16]


def load_mapping(declaration: Source, home: Path) -> dict[str, StreamMapping]:
    """The mapping of a source with the home's changes. Raises InvalidMapping."""
    shipped = read_yaml(FOLDER / declaration.name / "mapping.yaml", dict[str, Any])
    changes = _changes(mappings_folder(home) / f"{declaration.name}.yaml")
    where = f"mappings/{declaration.name}.yaml"
    _refuse_unknown(where, "stream", changes, shipped)
    return {
        stream: _merged(f"{where}: stream {stream}", given, changes.get(stream) or {})
        for stream, given in shipped.items()
    }


def _changes(path: Path) -> Mapping[str, Any]:
    where = f"mappings/{path.name}"
    if not path.exists():
        return {}
    content = YamlFile(path, where, InvalidMapping).content or {}
    if not isinstance(content, dict):
        raise InvalidMapping(f"{where}: expected streams with their `object` and `columns`")
    return content


def _refuse_unknown(where: str, what: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise InvalidMapping(f"{where}: unknown {what} {', '.join(unknown)}; known are {', '.join(known)}")


def _merged(where: str, shipped: Mapping[str, Any], changes: Any) -> StreamMapping:
    if not isinstance(changes, dict):
        raise InvalidMapping(f"{where}: expected `object` and `columns`")
    _refuse_unknown(where, "setting", changes, {"object": None, "columns": None})
    columns = changes.get("columns") or {}
    if not isinstance(columns, dict):
        raise InvalidMapping(f"{where}: columns: expected `landed column: field of the source`")
    _refuse_unknown(where, "column", columns, shipped["columns"])
    merged = {**shipped["columns"], **columns}
    named = {"object": changes.get("object", shipped["object"]), **merged}
    for name, value in named.items():
        if value is not None and not (isinstance(value, str) and _FIELD.fullmatch(value)):
            raise InvalidMapping(f"{where}: {name}: {value!r} is no name of a field; write null if there is none")
    return StreamMapping(named["object"], {column: name for column, name in merged.items() if name is not None})
