"""`mart_public.duckdb` and `parquet_public/`: the view of a release that is for everyone.

Beside them, for evaluators only, `disclosure/`: the contributions the public figures were made of and the figures as
they were published, which the next release is compared with, and a report of what was hidden and held back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from common.sql import literal, quoted
from evaluation.disclosure.configuration import PublicConfiguration, Scope, Series
from evaluation.disclosure.contributions import NO_KEY, Quarter, Row, SeriesCells, quarters, read_contributions
from evaluation.disclosure.errors import DisclosureError
from evaluation.disclosure.kept_back import NOTHING, KeptBack, read_kept_back
from evaluation.disclosure.marks import PublishedFigures
from evaluation.disclosure.memory import MEMORY, Memory, by_indicator, recall, remember
from evaluation.disclosure.public_rows import hidden_count, quarter_rows, year_rows
from evaluation.disclosure.public_schema import QUARTER_ROW, RULE_ROW, YEAR_ROW, public_tables
from evaluation.disclosure.revision import revise
from evaluation.disclosure.series import Categories, PublicSeries, protect_series

PUBLIC_MART = "mart_public.duckdb"
PUBLIC_PARQUET = "parquet_public"
# What every DuckDB of the BI tools can open; see docs/decisions/0002.
STORAGE_VERSION = "v1.2.0"

_FIXED_CATEGORIES: dict[Scope, tuple[str, ...]] = {
    Scope.ORGANISATION_TYPE: ("business", "other", "public_body", "third_sector", "university", "unknown"),
    Scope.SIZE_BAND: ("large", "medium", "micro", "small", "unknown"),
    Scope.LEVERAGE_SOURCE: ("private", "public", "third_sector", "university", "unknown"),
}


@dataclass
class Report:
    """What disclosure control did, without any figure. For evaluators."""

    public_periods: list[str]
    indicators: dict[str, dict[str, Any]] = field(default_factory=dict)


def build_public_mart(
    mart: Path,
    folder: Path,
    configuration: PublicConfiguration,
    *,
    earlier: Sequence[Path],
    today: date,
) -> Report:
    """Make the public view of the release whose mart file is `mart`, in the release's `folder`.

    `earlier`: the folders in which earlier releases are remembered, newest first. The result depends on nothing but
    these and `today`.
    """
    memories = [memory for path in earlier if (memory := recall(path)) is not None]
    with duckdb.connect(str(mart), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        time = quarters(connection, configuration, today)
        now = by_indicator(read_contributions(connection, configuration))
        known = [key for (key,) in connection.execute("SELECT indicator_key FROM dim_indicator ORDER BY 1").fetchall()]
        categories = _categories(connection)
        kept_back = read_kept_back(connection)
    report = Report([quarter.period_key for quarter in time if quarter.is_public])
    by_quarter: list[dict[str, Any]] = []
    by_year: list[dict[str, Any]] = []
    published: list[Row] = []
    for indicator in known:
        series = configuration.indicators.get(indicator)
        withheld = kept_back.get(indicator, NOTHING)
        outcome = _protect(indicator, series, now, memories, time, configuration, categories, withheld)
        report.indicators[indicator] = outcome.report
        shown_as = series or Series(open="not configured")
        by_quarter += quarter_rows(indicator, outcome.public, shown_as, outcome.time, categories, withheld)
        by_year += year_rows(indicator, outcome.public, shown_as, outcome.time, categories, withheld)
        public = [quarter.period_key for quarter in outcome.time if quarter.is_public]
        outcome.report["waiting"] = sorted(set(report.public_periods) - set(public))
        published += [row for period in public for row in outcome.cells.rows_of(period)]
    figures = _figures_before(memories, earlier)
    for published_rows in (by_quarter, by_year):
        figures.mark(published_rows)
    rows = {
        "quarter_row": pa.Table.from_pylist(by_quarter, schema=QUARTER_ROW),
        "year_row": pa.Table.from_pylist(by_year, schema=YEAR_ROW),
        "period_row": pa.table({"period_key": pa.array(report.public_periods, pa.string())}),
        "rule_row": pa.Table.from_pylist(list(_rules(configuration, report)), schema=RULE_ROW),
    }
    _write(mart, folder, rows, configuration)
    remember(folder / MEMORY, published, figures, vars(report))
    return report


def _figures_before(memories: Sequence[Memory], earlier: Sequence[Path]) -> PublishedFigures:
    """The figures as releases showed them last."""
    if not memories:
        return PublishedFigures()
    if memories[0].figures is not None:
        return memories[0].figures
    # A release from before figures were remembered still has them.
    figures = PublishedFigures()
    for table in ("indicator_value", "indicator_year"):
        file = earlier[0].parent / PUBLIC_PARQUET / f"{table}.parquet"
        rows = pq.read_table(file).to_pylist() if file.exists() else []
        figures.mark({key: float(v) if isinstance(v, Decimal) else v for key, v in row.items()} for row in rows)
    return figures


@dataclass(frozen=True)
class _Outcome:
    public: PublicSeries | None
    cells: SeriesCells
    report: dict[str, Any]
    time: Sequence[Quarter]


def _protect(
    indicator: str,
    series: Series | None,
    now: dict[str, SeriesCells],
    memories: Sequence[Memory],
    time: Sequence[Quarter],
    configuration: PublicConfiguration,
    categories: Categories,
    withheld: KeptBack,
) -> _Outcome:
    nothing = SeriesCells(())
    if series is None:
        return _Outcome(None, nothing, _said("not in public_tables.yaml"), time)
    rules = configuration.rules_of(indicator)
    editions = [edition for memory in memories if (edition := memory.edition(indicator)) is not None]
    before = {period for memory in memories[:1] for period in memory.changed(indicator)}
    cells, time = withheld.protected(now.get(indicator, nothing), editions, time)
    try:
        revised = revise(cells, editions, time, series, rules, categories)
        public = protect_series(revised.cells, time, series, rules, categories)
    except DisclosureError as error:
        # One indicator that cannot be shown is no reason to show none, nor to stop the night.
        return _Outcome(None, nothing, _said(str(error), revised=sorted(before)), time)
    said = _said(None, revised=sorted(before | set(revised.revised)))
    said |= {"held": sorted(revised.held), "hidden": hidden_count(public)}
    said |= {"not_shown_by": [str(scope) for scope in public.withheld]}
    return _Outcome(public, revised.cells, said, time)


def _said(withheld: str | None, *, revised: Sequence[str] = ()) -> dict[str, Any]:
    return {"withheld": withheld, "not_shown_by": [], "revised": list(revised), "held": [], "hidden": 0}


def _categories(mart: duckdb.DuckDBPyConnection) -> Categories:
    def keys(sql: str) -> list[str]:
        return [key for (key,) in mart.execute(sql).fetchall()]

    return {
        **_FIXED_CATEGORIES,
        Scope.PARTNER: [NO_KEY, *keys("SELECT partner_key FROM dim_partner ORDER BY 1")],
        Scope.CLUSTER: keys("SELECT cluster_key FROM dim_cluster ORDER BY 1"),
        Scope.LOCAL_AUTHORITY: keys("SELECT local_authority_code FROM dim_local_authority ORDER BY 1"),
    }


def _rules(configuration: PublicConfiguration, report: Report) -> Iterator[dict[str, Any]]:
    """Rows of `disclosure_rule`: how every indicator is protected, and how fine it is shown."""
    for indicator, said in report.indicators.items():
        series = configuration.indicators.get(indicator)
        rules = configuration.rules_of(indicator) if series else None
        for scope, resolution in [(Scope.PROGRAMME, "quarter"), *(series.scopes.items() if series else ())]:
            yield {
                "indicator_key": indicator,
                "scope": str(scope),
                "resolution": "not shown" if said["withheld"] or scope in said["not_shown_by"] else resolution,
                "protected_unit": rules.contributor if rules else None,
                "threshold": rules.threshold if rules else None,
                "dominance_n": rules.dominance.n if rules and rules.dominance else None,
                "dominance_k": rules.dominance.k if rules and rules.dominance else None,
                "p_percent": rules.p_percent if rules else None,
                "rounding_base": rules.rounding if rules else None,
                "open_because": series.open if series else None,
            }


def _write(mart: Path, folder: Path, rows: Mapping[str, pa.Table], configuration: PublicConfiguration) -> None:
    """Every public table with its descriptions, and its Parquet file."""
    parquet = folder / PUBLIC_PARQUET
    parquet.mkdir()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        connection.execute(f"ATTACH {literal(mart)} AS internal (READ_ONLY)")
        connection.execute(
            f"ATTACH {literal(folder / PUBLIC_MART)} AS public_mart (STORAGE_VERSION '{STORAGE_VERSION}')"
        )
        for name, table in rows.items():
            connection.register(name, table)
        present = {
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = 'internal'"
            ).fetchall()
        }
        for table in public_tables(present, list_grants=configuration.list_grants):
            target = f"public_mart.main.{quoted(table.name)}"
            connection.execute(f"CREATE TABLE {target} AS {table.sql}")
            connection.execute(f"COMMENT ON TABLE {target} IS {literal(table.description)}")
            for column, description in table.columns.items():
                connection.execute(f"COMMENT ON COLUMN {target}.{quoted(column)} IS {literal(description)}")
            file = literal(parquet / f"{table.name}.parquet")
            connection.execute(f"COPY {target} TO {file} (FORMAT parquet, COMPRESSION zstd)")
        connection.execute("USE memory; DETACH public_mart; DETACH internal")
