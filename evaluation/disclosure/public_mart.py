"""`mart_public.duckdb` and `parquet_public/`: the view of a release that is for everyone.

Beside them, for evaluators only, `disclosure/`: the contributions the public figures were made of, which the next
release is compared with, and a report of what was hidden and held back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.disclosure.configuration import PublicConfiguration, Scope, Series
from evaluation.disclosure.contributions import NO_KEY, SCHEMA, Quarter, Row, SeriesCells, quarters, read_contributions
from evaluation.disclosure.errors import DisclosureError
from evaluation.disclosure.figures import Timeline, hidden_count, quarter_rows, year_rows
from evaluation.disclosure.public_schema import QUARTER_ROW, RULE_ROW, YEAR_ROW, public_tables
from evaluation.disclosure.revision import Edition, revise
from evaluation.disclosure.series import Categories, PublicSeries, protect_series

PUBLIC_MART = "mart_public.duckdb"
PUBLIC_PARQUET = "parquet_public"
MEMORY = "disclosure"
_CONTRIBUTIONS = "contributions.parquet"
_REPORT = "report.json"
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


@dataclass(frozen=True)
class _Memory:
    """What an earlier release left."""

    contributions: dict[str, SeriesCells]
    report: dict[str, Any]

    def edition(self, indicator: str) -> Edition | None:
        """What the release made public of an indicator; None where it did not show it."""
        said = self.report["indicators"].get(indicator)
        if said is None or said["withheld"] is not None:
            return None
        cells = self.contributions.get(indicator, SeriesCells(()))
        return Edition(cells, frozenset(self.report["public_periods"]))


def build_public_mart(
    mart: Path,
    folder: Path,
    configuration: PublicConfiguration,
    *,
    earlier: Sequence[Path],
    today: date,
) -> Report:
    """Make the public view of the release whose mart file is `mart`, in the release's `folder`.

    `earlier`: folders of earlier releases, newest first. The result depends on nothing but these and `today`.
    """
    memories = [memory for path in earlier if (memory := _recall(path)) is not None]
    with duckdb.connect(str(mart), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        time = quarters(connection, configuration, today)
        now = _by_indicator(read_contributions(connection, configuration))
        known = [key for (key,) in connection.execute("SELECT indicator_key FROM dim_indicator ORDER BY 1").fetchall()]
        categories = _categories(connection)
    report = Report([quarter.period_key for quarter in time if quarter.is_public])
    by_quarter: list[dict[str, Any]] = []
    by_year: list[dict[str, Any]] = []
    published: list[Row] = []
    for indicator in known:
        series = configuration.indicators.get(indicator)
        outcome = _protect(indicator, series, now, memories, time, configuration, categories)
        report.indicators[indicator] = outcome.report
        timeline = Timeline(time, frozenset(outcome.report["revised"]))
        shown_as = series or Series(open="not configured")
        by_quarter += quarter_rows(indicator, outcome.public, shown_as, timeline, categories)
        by_year += year_rows(indicator, outcome.public, shown_as, timeline, categories)
        published += [row for period in report.public_periods for row in outcome.cells.rows_of(period)]
    rows = {
        "quarter_row": pa.Table.from_pylist(by_quarter, schema=QUARTER_ROW),
        "year_row": pa.Table.from_pylist(by_year, schema=YEAR_ROW),
        "period_row": pa.table({"period_key": pa.array(report.public_periods, pa.string())}),
        "rule_row": pa.Table.from_pylist(list(_rules(configuration, report)), schema=RULE_ROW),
    }
    _write(mart, folder, rows, configuration)
    _remember(folder, published, report)
    return report


@dataclass(frozen=True)
class _Outcome:
    public: PublicSeries | None
    cells: SeriesCells
    report: dict[str, Any]


def _protect(
    indicator: str,
    series: Series | None,
    now: dict[str, SeriesCells],
    memories: Sequence[_Memory],
    time: Sequence[Quarter],
    configuration: PublicConfiguration,
    categories: Categories,
) -> _Outcome:
    nothing = SeriesCells(())
    if series is None:
        return _Outcome(None, nothing, _said("not in public_tables.yaml"))
    rules = configuration.rules_of(indicator)
    editions = [edition for memory in memories if (edition := memory.edition(indicator)) is not None]
    before = {period for memory in memories[:1] for period in _revised_before(memory, indicator)}
    try:
        revised = revise(now.get(indicator, nothing), editions, time, series, rules, categories)
        public = protect_series(revised.cells, time, series, rules, categories)
    except DisclosureError as error:
        # One indicator that cannot be shown is no reason to show none, nor to stop the night.
        return _Outcome(None, nothing, _said(str(error), revised=sorted(before)))
    kept = sorted(before | set(revised.revised))
    return _Outcome(public, revised.cells, _said(None, kept, revised.held, hidden_count(public)))


def _said(
    withheld: str | None, revised: Sequence[str] = (), held: Sequence[str] = (), hidden: int = 0
) -> dict[str, Any]:
    return {"withheld": withheld, "revised": list(revised), "held": sorted(held), "hidden": hidden}


def _revised_before(memory: _Memory, indicator: str) -> list[str]:
    said = memory.report["indicators"].get(indicator)
    return list(said["revised"]) if said else []


def _by_indicator(contributions: pa.Table) -> dict[str, SeriesCells]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in contributions.to_pylist():
        rows.setdefault(row["indicator_key"], []).append(row)
    return {indicator: SeriesCells(found) for indicator, found in rows.items()}


def _categories(mart: duckdb.DuckDBPyConnection) -> Categories:
    def keys(sql: str) -> list[str]:
        return [key for (key,) in mart.execute(sql).fetchall()]

    return {
        **_FIXED_CATEGORIES,
        Scope.PARTNER: [NO_KEY, *keys("SELECT partner_key FROM dim_partner ORDER BY 1")],
        Scope.CLUSTER: keys("SELECT cluster_key FROM dim_cluster ORDER BY 1"),
        Scope.LOCAL_AUTHORITY: keys("SELECT local_authority_code FROM dim_local_authority ORDER BY 1"),
    }


def _recall(release: Path) -> _Memory | None:
    folder = release / MEMORY
    if not (folder / _REPORT).exists():
        return None
    report = json.loads((folder / _REPORT).read_text(encoding="utf-8"))
    return _Memory(_by_indicator(pq.read_table(folder / _CONTRIBUTIONS)), report)


def _remember(folder: Path, published: Iterable[Row], report: Report) -> None:
    memory = folder / MEMORY
    memory.mkdir()
    pq.write_table(pa.Table.from_pylist(list(published), schema=SCHEMA), memory / _CONTRIBUTIONS, compression="zstd")
    (memory / _REPORT).write_text(json.dumps(vars(report), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _rules(configuration: PublicConfiguration, report: Report) -> Iterator[dict[str, Any]]:
    """Rows of `disclosure_rule`: how every indicator is protected, and how fine it is shown."""
    for indicator, said in report.indicators.items():
        series = configuration.indicators.get(indicator)
        rules = configuration.rules_of(indicator) if series else None
        for scope, resolution in [(Scope.PROGRAMME, "quarter"), *(series.scopes.items() if series else ())]:
            yield {
                "indicator_key": indicator,
                "scope": str(scope),
                "resolution": "not shown" if said["withheld"] else resolution,
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
        connection.execute(f"ATTACH {_literal(str(mart))} AS internal (READ_ONLY)")
        connection.execute(
            f"ATTACH {_literal(str(folder / PUBLIC_MART))} AS public_mart (STORAGE_VERSION '{STORAGE_VERSION}')"
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
            target = f'public_mart.main."{table.name}"'
            connection.execute(f"CREATE TABLE {target} AS {table.sql}")
            connection.execute(f"COMMENT ON TABLE {target} IS {_literal(table.description)}")
            for column, description in table.columns.items():
                connection.execute(f'COMMENT ON COLUMN {target}."{column}" IS {_literal(description)}')
            file = _literal(str(parquet / f"{table.name}.parquet"))
            connection.execute(f"COPY {target} TO {file} (FORMAT parquet, COMPRESSION zstd)")
        connection.execute("USE memory; DETACH public_mart; DETACH internal")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
