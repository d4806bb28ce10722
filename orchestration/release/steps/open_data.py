"""`open_data/`: grants and indicators for anybody, from this release's own mart."""

from __future__ import annotations

import duckdb

from evaluation.open_data.build import build
from orchestration.release.context import BuildContext
from orchestration.settings import load_configuration


def write_open_data(context: BuildContext) -> None:
    """Write the open data. Raises TotalsDiffer when its totals are not those of the mart and its Parquet files."""
    settings = load_configuration(context.home).open_data
    with duckdb.connect(str(context.mart), read_only=True) as mart:
        mart.execute("SET TimeZone = 'UTC'")
        build(mart, context.building / "open_data", settings, parquet=context.building / "parquet")
