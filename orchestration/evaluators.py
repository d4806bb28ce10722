"""What is made of a candidate that passed its gate, beyond the mart: one line here for each kind of evaluation.

An evaluator is a function of a read-only connection, in which the mart's tables are found without a prefix, and of
the night's circumstances; it gives Arrow tables by name. Each table also needs its entry in the dbt source `evaluated`
and a model in `dbt_project/models/marts/evaluation/`. Nothing else has to know of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from common.durable import write_parquet
from common.home import evaluation_folder, make_private
from common.stop import let_stop
from evaluation.appraisal_rules import rules
from evaluation.assumptions import build_sets
from evaluation.discounting import NoDiscountTable, editions, table_in_force
from evaluation.gross import read_gross_jobs
from evaluation.prices import read_deflators
from orchestration.configuration import EvaluationConfiguration
from quality.withholding import read_published

if TYPE_CHECKING:
    import pyarrow as pa

    from evaluation.assumptions import AssumptionSet
    from evaluation.gross_to_net import Circumstances


@dataclass(frozen=True)
class NightFacts:
    """On what the evaluation of a night stands. `on` is the day of its clock."""

    on: date
    candidate_fingerprint: str
    gate_status: str
    configuration: EvaluationConfiguration


Evaluator = Callable[[duckdb.DuckDBPyConnection, NightFacts], "dict[str, pa.Table]"]


class EvaluatorFailed(Exception):
    """An evaluator did not give its tables; the message says which and why."""


def value_for_money(connection: duckdb.DuckDBPyConnection, facts: NightFacts) -> dict[str, pa.Table]:
    """Gross to net, GVA and value for money under the registered assumption sets."""
    from evaluation.gross_to_net import evaluate

    gross, deflators = read_gross_jobs(connection, facts.on), read_deflators(connection)
    return evaluate(gross, registered_sets(connection), circumstances(facts), deflators)


def network(connection: duckdb.DuckDBPyConnection, facts: NightFacts) -> dict[str, pa.Table]:
    """The collaboration network of every quarter that has ended."""
    from evaluation.network.connectedness import NetworkSettings, connectedness

    def parameter(name: str) -> int:
        return _parameter(connection, name, facts.on)

    settings = NetworkSettings(
        window_months=parameter("network_window_months"),
        lookback_months=parameter("collaboration_lookback_months"),
        lapsed_months=parameter("network_lapsed_months"),
        minimum_organisations=parameter("network_minimum_organisations"),
        pivots=parameter("network_betweenness_nodes"),
    )
    return connectedness(connection, settings, facts.on)


def _parameter(connection: duckdb.DuckDBPyConnection, name: str, on: date) -> int:
    """The value in force on a day, by the rule of the dbt macro `parameter`; a name without one is an error."""
    found = connection.execute(
        "SELECT value FROM ("
        "SELECT *, row_number() OVER (ORDER BY valid_from NULLS FIRST) AS edition "
        "FROM seed.parameter WHERE parameter = ?) "
        "WHERE (edition = 1 OR change_request IS NOT NULL) AND (valid_from IS NULL OR valid_from <= ?) "
        "ORDER BY edition DESC LIMIT 1",
        [name, on],
    ).fetchone()
    if found is None or found[0] is None:
        raise ValueError(f"the seed parameter has no row {name} in force on {on}")
    return int(found[0])


# What evaluators read beside the tables of the mart: a seed and a landed register.
READS_BESIDE_THE_MART = frozenset({"parameter", "stg_registers__assumptions"})
# The table that names the candidate and the day, and nothing else that a new day changes by itself.
RUN = "evaluation_run"


EVALUATORS: dict[str, Evaluator] = {
    "the collaboration network": network,
    "gross to net, GVA and value for money": value_for_money,
}


def circumstances(facts: NightFacts, *, approved_only: bool = True) -> Circumstances:
    """The circumstances of an evaluation under this home's settings."""
    from evaluation.gross_to_net import Assurance, Circumstances

    settings = facts.configuration
    return Circumstances(
        on=facts.on,
        candidate_fingerprint=facts.candidate_fingerprint,
        gate_status=facts.gate_status,
        approved_only=approved_only,
        analyst=settings.analyst,
        assurances=tuple(Assurance(a.assumptions, a.assurer, a.assured_on) for a in settings.assurances),
        draws=settings.draws,
        seed=settings.seed,
    )


def registered_sets(connection: duckdb.DuckDBPyConnection) -> list[AssumptionSet]:
    """The sets of the assumption register as landed, wrong rows among their problems."""
    found = connection.execute("SELECT * FROM staging.stg_registers__assumptions ORDER BY assumption_set, id, version")
    columns = [name for name, *_ in found.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    return build_sets((row["row_number"], row) for row in rows)


def says_the_same(warehouse: Path, facts: NightFacts, before: date) -> bool:
    """Whether evaluating the same figures says tonight what it said on the day `before`, `RUN` aside.

    So it is where no day lies between from which on something counts otherwise: quarters end, assumptions, rules and
    parameters come into force and expire, reviews fall due; and where the gate said of the candidate what it said then.
    A clock that was put right is before that day.
    """
    first, last = sorted((before, facts.on))
    try:
        table_in_force(first)
    except NoDiscountTable:
        # What is missing is said with its day.
        return False
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        read_published(connection)
        found = connection.execute(f"SELECT DISTINCT gate_status FROM evaluation.{RUN}").fetchall()
        if found != [(facts.gate_status,)]:
            return False
        days: set[date | None] = {day for (day,) in connection.execute("SELECT ends_on FROM dim_period").fetchall()}
        days |= {day for (day,) in connection.execute("SELECT valid_from FROM seed.parameter").fetchall()}
        assumptions = [row for register in registered_sets(connection) for row in register.rows]
    days |= {rule.valid_from for rule in rules()} | {edition.valid_from for edition in editions()}
    days |= {assurance.assured_on for assurance in facts.configuration.assurances}
    for row in assumptions:
        days |= {row.approved_on, row.valid_from, row.valid_to, row.review_by}
    # Some count from that day on, others from the next.
    return not any(first < turn <= last for day in days if day for turn in (day, day + timedelta(days=1)))


def of_another_night(home: Path, facts: NightFacts) -> None:
    """Let the evaluation that a home keeps be of tonight's candidate and day: it says the same."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = evaluation_folder(home) / RUN / f"{RUN}.parquet"
    table = pq.read_table(path)
    for name, value in {"candidate_fingerprint": facts.candidate_fingerprint, "evaluated_on": facts.on}.items():
        field = table.schema.field(name)
        column = pa.array([value] * table.num_rows, type=field.type)
        table = table.set_column(table.schema.get_field_index(name), field, column)
    write_parquet(table, path)


def keep_tables(home: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write the tables where dbt reads them, in the place of those of the night before."""
    folder = evaluation_folder(home)
    shutil.rmtree(folder, ignore_errors=True)
    for name in sorted(tables):
        make_private(folder / name)
        write_parquet(tables[name], folder / name / f"{name}.parquet")


def run_evaluators(
    warehouse: Path,
    facts: NightFacts,
    progress: Callable[[str], None],
    evaluators: Mapping[str, Evaluator] | None = None,
) -> dict[str, pa.Table]:
    """Every evaluator's tables. Raises EvaluatorFailed naming the one that failed, or a table that two of them give."""
    made: dict[str, pa.Table] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        read_published(connection)
        for name, evaluator in (EVALUATORS if evaluators is None else evaluators).items():
            progress(name)
            try:
                tables = evaluator(connection, facts)
            except Exception as error:
                let_stop(error)
                raise EvaluatorFailed(f"evaluation failed: {name}: {error or type(error).__name__}") from error
            twice = sorted(made.keys() & tables.keys())
            if twice:
                raise EvaluatorFailed(f"evaluation failed: {name}: table {', '.join(twice)} is made already")
            made |= tables
    return made
