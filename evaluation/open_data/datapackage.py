"""The description of the published files by the Data Package standard (Frictionless), `datapackage.json`."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from evaluation.open_data.indicators import (
    DEFINITION_FIELDS,
    DEFINITIONS,
    VALUE_FIELDS,
    VALUES,
    YEAR_FIELDS,
    YEARS,
    Field,
)
from evaluation.open_data.publisher import OpenDataSettings

FILE = "datapackage.json"
_VALUE_KEY = ["indicator_key", "period_key", "scope", "scope_key", "basis"]
_YEAR_KEY = ["indicator_key", "financial_year", "scope", "scope_key", "basis"]
_OF_INDICATOR = {"fields": ["indicator_key"], "reference": {"resource": DEFINITIONS, "fields": ["indicator_key"]}}
_AREAS = (
    "Areas by postcode: ONS Postcode Directory, Office for National Statistics, Open Government Licence v3.0. "
    "Contains OS data © Crown copyright and database right 2025. "
    "Contains Royal Mail data © Royal Mail copyright and database right 2025"
)
_MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
}
UNLICENSED = "No licence has been decided yet: set open_data: licence in wmip.yaml before this is given to anybody."


def describe(
    folder: Path,
    *,
    settings: OpenDataSettings,
    comments: dict[tuple[str, str], str],
    release_id: str,
    released_at: datetime,
    source_systems: list[str],
    grants_file: str | None,
) -> dict[str, Any]:
    """The descriptor of the files that lie in a folder, with hash, bytes and a schema for each table."""
    description = (
        "Verified figures of the programme's indicators after disclosure control. "
        "A figure marked c is confidential, x not available or not public yet, r revised since it was first public."
    )
    content: dict[str, Any] = {
        "profile": "data-package",
        "name": "programme-indicators",
        "title": "Indicators of the programme",
        "description": description if settings.licence else f"{description} {UNLICENSED}",
        "version": release_id,
        "created": f"{released_at:%Y-%m-%dT%H:%M:%SZ}",
        "sources": [
            {"title": f"Release {release_id} of the programme's warehouse, gate passed"},
            *({"title": f"Source system {name}"} for name in source_systems),
            {"title": _AREAS},
        ],
    }
    if settings.licence:
        content["licenses"] = [settings.licence.model_dump()]
    if settings.publisher:
        contributor = {"title": settings.publisher.name, "role": "publisher"}
        if settings.publisher.website:
            contributor["path"] = settings.publisher.website
        content["contributors"] = [contributor]
    definitions = _schema(DEFINITION_FIELDS, comments, ["indicator_key"])
    values = {**_schema(VALUE_FIELDS, comments, _VALUE_KEY), "foreignKeys": [_OF_INDICATOR]}
    years = {**_schema(YEAR_FIELDS, comments, _YEAR_KEY), "foreignKeys": [_OF_INDICATOR]}
    resources = [
        _table(folder, DEFINITIONS, "What is counted, and how", definitions),
        _table(folder, VALUES, "Figures by indicator, quarter and scope", values),
        _table(folder, YEARS, "Figures by indicator, financial year and scope", years),
        _file(
            folder, f"{VALUES}.json", f"{VALUES}_json", "The figures by quarter as JSON: a list with an object a row"
        ),
    ]
    if grants_file:
        resources.append(_file(folder, grants_file, "grants_360giving", "Grants, 360Giving Data Standard 1.4"))
    content["resources"] = resources
    return content


def _schema(fields: tuple[Field, ...], comments: dict[tuple[str, str], str], key: list[str]) -> dict[str, Any]:
    described = []
    for field in fields:
        column: dict[str, Any] = {"name": field.name, "type": field.kind}
        comment = comments.get((field.table, field.column))
        if comment:
            column["description"] = comment
        if field.name in key:
            column["constraints"] = {"required": True}
        described.append(column)
    return {"fields": described, "primaryKey": key, "missingValues": [""]}


def _file(folder: Path, path: str, name: str, title: str) -> dict[str, Any]:
    content = (folder / path).read_bytes()
    suffix = path.rpartition(".")[2]
    return {
        "name": name,
        "path": path,
        "title": title,
        "format": suffix,
        "mediatype": _MEDIA_TYPES[suffix],
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def _table(folder: Path, name: str, title: str, schema: dict[str, Any]) -> dict[str, Any]:
    described = _file(folder, f"{name}.csv", name, title)
    return {**described, "profile": "tabular-data-resource", "encoding": "utf-8", "schema": schema}
