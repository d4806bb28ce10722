"""`trace/`: the facts that the report's figures open to. With a figure that is no sum of them no release is made."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb

from evaluation.trace.facts import unexplained
from evaluation.trace.links import FOLDER
from evaluation.trace.pages import write_pages
from orchestration.release.context import BuildContext
from orchestration.source_records import find_records


class UnexplainedFigure(Exception):
    """A figure is not the sum of its facts."""


def write_trace(context: BuildContext) -> None:
    """Write the pages, once every figure of the release has been added up. Raises UnexplainedFigure."""
    with closing(duckdb.connect(str(context.mart), read_only=True)) as mart:
        mart.execute("SET TimeZone = 'UTC'")
        odd = unexplained(mart)
        if odd:
            figure, said, summed = odd[0]
            raise UnexplainedFigure(
                f"{len(odd)} figure(s) are no sum of their facts, such as {figure}: {said}, not {summed}"
            )
        trace_of(mart, context.home, context.clock, context.building / FOLDER)


def trace_of(mart: duckdb.DuckDBPyConnection, home: Path, by: datetime, folder: Path) -> list[Path]:
    """Write the pages of a mart whose sources were read up to that instant."""

    def read_at(system: str, records: set[str]) -> Mapping[str, datetime]:
        return {record: found.read_at for record, found in find_records(home, system, records, by).items()}

    return write_pages(mart, folder, read_at)
