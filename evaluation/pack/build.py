"""The pack of one release, written into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb

from evaluation.pack.drawn import kept_in
from evaluation.pack.figures import read_figures
from evaluation.pack.report import render_report
from evaluation.pack.workbook import write_workbook

WORKBOOK = "funder_pack.xlsx"
REPORT = "report.html"


def build_pack(
    mart: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    public: duckdb.DuckDBPyConnection | None = None,
    previous: duckdb.DuckDBPyConnection | None = None,
    source_labels: Mapping[str, str] = MappingProxyType({}),
    trace_root: str | None = None,
    pictures: Path | None = None,
) -> list[Path]:
    """Write workbook and report of the release whose mart is given, all connections read only. Returns the files.

    `public` is the release's mart after disclosure control, `previous` the mart of the release before it,
    `source_labels` what reports call each source, `trace_root` where the pages lie that the report's figures open to,
    `pictures` the file of those drawn for the release before, which is then that of this one.
    """
    figures = read_figures(mart, public, previous, source_labels)
    folder.mkdir(parents=True, exist_ok=True)
    write_workbook(figures, folder / WORKBOOK)
    with kept_in(pictures):
        (folder / REPORT).write_text(render_report(figures, trace_root), encoding="utf-8")
    return [folder / WORKBOOK, folder / REPORT]
