"""The indicators as metrics: one definition in `dbt_project/models/semantic`, turned into SQL by MetricFlow.

The SQL names the tables as `mart.<table>`, so the same query runs on a release's DuckDB file and on PostgreSQL.
MetricFlow is imported only when a metric is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from common.sql import literal, quoted
from common.yamlfile import nearest
from orchestration.errors import UserError

if TYPE_CHECKING:
    import duckdb


class Dialect(StrEnum):
    """The engines a metric's SQL can be written for."""

    duckdb = "duckdb"
    postgresql = "postgresql"


class _Renderer:
    """What MetricFlow asks of a database; ours only says how to write SQL, and never runs any."""

    def __init__(self, dialect: Dialect) -> None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
        from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer

        if dialect is Dialect.duckdb:
            self.sql_engine_type, self.sql_plan_renderer = SqlEngine.DUCKDB, DuckDbSqlPlanRenderer()
        else:
            self.sql_engine_type, self.sql_plan_renderer = SqlEngine.POSTGRES, PostgresSQLSqlPlanRenderer()

    def query(self, *_: Any, **__: Any) -> NoReturn:
        """Never asked for: queries are explained, not run."""
        raise NotImplementedError

    execute = dry_run = query

    def close(self) -> None:
        """Nothing is open."""

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        """Our queries have no bound values."""
        raise NotImplementedError(bind_parameter_key)


class Metrics:
    """The metrics of the dbt project as it was last parsed."""

    def __init__(self, manifest: Path, dialect: Dialect = Dialect.duckdb) -> None:
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        content = json.loads((manifest.parent / "semantic_manifest.json").read_text(encoding="utf-8"))
        for model in content["semantic_models"]:
            # dbt names the warehouse the candidate is built in; readers have a release.
            model["node_relation"]["relation_name"] = f"mart.{model['node_relation']['alias']}"
        lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(json.dumps(content)))
        self._engine = MetricFlowEngine(lookup, _Renderer(dialect))

    def names(self) -> list[tuple[str, str]]:
        """Name and label of every metric, by name."""
        return sorted((metric.name, metric.label or "") for metric in self._engine.list_metrics())

    def ways_to_group(self, metric: str) -> list[str]:
        """What a metric can be broken down by."""
        dimensions = [
            dimension.dunder_name
            for dimension in self._engine.simple_dimensions_for_metrics([metric])
            if dimension.name != "is_programme_period"
        ]
        entities = [entity.name for entity in self._engine.entities_for_metrics([metric])]
        return sorted({*dimensions, *entities})

    def sql(self, names: Sequence[str], by: Sequence[str] = ()) -> str:
        """The query for one or several metrics, broken down. Raises UserError naming what is close to a wrong name."""
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
        from metricflow_semantics.errors.error_classes import InformativeUserError

        request = MetricFlowQueryRequest.create(
            metric_names=list(names), group_by_names=list(by), order_by_names=list(by)
        )
        try:
            return str(self._engine.explain(request).sql_statement.without_descriptions.sql)
        except InformativeUserError:
            raise UserError(self._explain_wrong_name(names, by)) from None

    def _explain_wrong_name(self, names: Sequence[str], by: Sequence[str]) -> str:
        known = [name for name, _ in self.names()]
        wrong = [name for name in names if name not in known]
        if wrong:
            return f"no metric {', '.join(wrong)}; {nearest(wrong[0], known)}"
        ways = ", ".join(self.ways_to_group(names[0]))
        return f"{', '.join(names)} cannot be broken down by {', '.join(by)}; try {ways}"


# What the gate keeps back of the indicators of a mart, by the body and quarter that a metric may be broken down by.
_WITHHELD = """
    SELECT indicator_key, scope, scope_key, period_key FROM indicator_value
    WHERE basis = 'verified' AND value IS NULL AND quality_status = 'withheld' AND scope IN ('programme', 'partner')
"""


NOT_WITHHELD = (
    "-- Facts of figures that the gate withholds (quality_consequence) are not in the release: a sum over them is\n"
    "-- smaller. `wmip metric` shows such a sum empty; this query does not.\n"
)
"""What stands above a query that is handed to another tool."""


def to_four_places(query: str, names: Sequence[str]) -> str:
    """The query with its sums as the mart says figures: MetricFlow adds fractions up."""
    rounded = ", ".join(f"CAST({quoted(name)} AS DECIMAL(18, 4)) AS {quoted(name)}" for name in names)
    return f"SELECT * REPLACE ({rounded}) FROM (\n{query}\n)"


def without_withheld(mart: duckdb.DuckDBPyConnection, query: str, names: Sequence[str], by: Sequence[str]) -> str:
    """The query with what the gate withholds null: MetricFlow adds facts up, and those of a body that is kept back are
    not there, so that a sum over it would be smaller in silence.
    """
    known = mart.execute(
        "SELECT 1 FROM duckdb_columns() WHERE table_name = 'indicator_value' AND column_name = 'quality_status'"
    ).fetchall()
    kept_back = mart.execute(_WITHHELD).fetchall() if known else []
    nulled = []
    for name in names:
        of_metric = [row[1:] for row in kept_back if row[0] == name.removesuffix("_claimed")]
        if of_metric:
            nulled.append(f"CASE WHEN NOT {_is_withheld(of_metric, by)} THEN {quoted(name)} END AS {quoted(name)}")
    return f"SELECT * REPLACE ({', '.join(nulled)}) FROM (\n{query}\n)" if nulled else query


def _is_withheld(cells: Sequence[tuple[str, str, str]], by: Sequence[str]) -> str:
    """SQL of a row's own keys: the body's cells where it is of one body, else those of the whole."""
    keys = [key for key in ("partner", "period") if key in by]
    if not keys:
        return "true"
    scope = "partner" if "partner" in keys else "programme"
    found = {tuple(cell[{"partner": 1, "period": 2}[key]] for key in keys) for cell in cells if cell[0] == scope}
    if not found:
        return "false"
    rows = ", ".join(f"({', '.join(map(literal, row))})" for row in sorted(found))
    return f"coalesce(({', '.join(map(quoted, keys))}) IN ({rows}), false)"
