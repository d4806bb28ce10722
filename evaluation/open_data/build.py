"""All open data of one release into one folder, or the reason why a file is left out."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from evaluation.open_data import datapackage, grants, indicators
from evaluation.open_data.errors import GrantsNotPublishable
from evaluation.open_data.publisher import OpenDataSettings
from evaluation.open_data.totals import prove_equal

GRANTS_FILE = "grants_360giving.json"


@dataclass(frozen=True)
class OpenData:
    """What was written, and what was left out with the reason."""

    files: list[str]
    left_out: dict[str, str] = field(default_factory=dict)


def build(
    mart: duckdb.DuckDBPyConnection,
    public: duckdb.DuckDBPyConnection,
    folder: Path,
    settings: OpenDataSettings,
    *,
    release: Path | None = None,
    held_back: Collection[str] = (),
) -> OpenData:
    """Write the open data of a release into an empty or new folder; the same release and settings, the same bytes.

    `mart`, `public`: connections to the release's `mart.duckdb` and `mart_public.duckdb`. `release`: its folder, whose
    Parquet files are then compared too. `held_back`: indicators of which the public view keeps older figures.
    Raises TotalsDiffer when two files would give different totals.
    """
    folder.mkdir(parents=True, exist_ok=True)
    release_id, released_at = mart.execute("SELECT release_id, released_at FROM release_info").fetchall()[0]
    indicators.write(public, folder)
    _prove_indicators(mart, public, folder, release, held_back)
    left_out = {}
    grants_file = None
    try:
        if not _are_grants_listed(public):
            raise GrantsNotPublishable("the public view lists no grants; see list_grants in public_tables.yaml")
        _write_json(folder / GRANTS_FILE, grants.package(mart, settings, released_at.date()))
        grants_file = GRANTS_FILE
        _prove_grants(mart, public, folder / GRANTS_FILE)
    except GrantsNotPublishable as reason:
        left_out[GRANTS_FILE] = str(reason)
    systems = mart.execute(
        "SELECT DISTINCT source_system FROM indicator_fact WHERE source_system IS NOT NULL ORDER BY 1"
    ).fetchall()
    descriptor = datapackage.describe(
        folder,
        settings=settings,
        comments=indicators.comments(public),
        release_id=release_id,
        released_at=released_at,
        source_systems=[name for (name,) in systems],
        grants_file=grants_file,
    )
    _write_json(folder / datapackage.FILE, descriptor)
    (folder / "README.md").write_text(_readme(descriptor, left_out), encoding="utf-8")
    return OpenData(sorted(path.name for path in folder.iterdir()), left_out)


def _prove_indicators(
    mart: duckdb.DuckDBPyConnection,
    public: duckdb.DuckDBPyConnection,
    folder: Path,
    release: Path | None,
    held_back: Collection[str],
) -> None:
    quarters = {
        "mart_public.duckdb": indicators.mart_totals(public),
        "indicator_value.csv": indicators.csv_totals(folder / "indicator_value.csv"),
        "indicator_value.json": indicators.json_totals(folder / "indicator_value.json"),
    }
    years = {
        "mart_public.duckdb": indicators.mart_totals(public, indicators.YEARS),
        "indicator_year.csv": indicators.csv_totals(folder / "indicator_year.csv"),
    }
    internal = {"mart.duckdb": indicators.mart_totals(mart)}
    if release is not None:
        inside, outside = release / "parquet", release / "parquet_public"
        internal["parquet"] = indicators.parquet_totals(inside / "indicator_value.parquet")
        quarters["parquet_public"] = indicators.parquet_totals(outside / "indicator_value.parquet")
        years["parquet_public"] = indicators.parquet_totals(outside / "indicator_year.parquet")
    for totals in (internal, quarters, years):
        prove_equal(totals)
    known = {scope for _, scope, _ in internal["mart.duckdb"]}
    shown = {key: value for key, value in indicators.shown_cells(public, held_back).items() if key[2] in known}
    prove_equal({"mart.duckdb": indicators.mart_cells(mart, shown), "mart_public.duckdb": shown})


def _are_grants_listed(public: duckdb.DuckDBPyConnection) -> bool:
    return bool(public.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'grant_award'").fetchall())


def _prove_grants(mart: duckdb.DuckDBPyConnection, public: duckdb.DuckDBPyConnection, path: Path) -> None:
    written = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    prove_equal({"mart.duckdb": grants.mart_totals(mart), GRANTS_FILE: grants.totals(written)})
    listed = dict(public.execute("SELECT grant_id, coalesce(amount_gbp, 0) FROM grant_award").fetchall())
    in_pounds = {
        grant["id"]: Decimal(grant["amountAwarded"]) if grant["currency"] == "GBP" else Decimal(0)
        for grant in written["grants"]
    }
    prove_equal({"mart_public.duckdb": listed, GRANTS_FILE: in_pounds})


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=_number) + "\n", encoding="utf-8")


def _number(value: object) -> int | float:
    if not isinstance(value, Decimal):
        raise TypeError(f"cannot write a {type(value).__name__}")
    if value == value.to_integral_value():
        return int(value)
    written = float(value)
    if Decimal(repr(written)) != value:
        raise ValueError(f"{value} cannot be written exactly as a JSON number")
    return written


def _readme(descriptor: dict[str, Any], left_out: dict[str, str]) -> str:
    licences = [licence["title"] for licence in descriptor.get("licenses", [])]
    lines = [
        f"# {descriptor['title']}, release {descriptor['version']}",
        "",
        descriptor["description"],
        "",
        f"Licence: {licences[0] if licences else 'not decided'}.",
        "",
        "| file | what |",
        "|---|---|",
        *(f"| `{resource['path']}` | {resource['title']} |" for resource in descriptor["resources"]),
        f"| `{datapackage.FILE}` | description of these files by the Data Package standard: columns, hashes, sources |",
    ]
    if left_out:
        lines += ["", "Left out:", "", *(f"- `{name}`: {reason}." for name, reason in left_out.items())]
    return "\n".join(lines) + "\n"
