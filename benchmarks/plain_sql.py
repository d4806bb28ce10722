"""All models and data tests of a home as plain SQL in one DuckDB process: what a night cannot be cheaper than.

The home has had a night: its warehouse is copied, and every model made anew there in order, each test asked once. No
contract is looked at, nothing is noted, nothing is taken over. Prints JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.first_quiet_small import cpu_seconds
from common.home import warehouse_file
from common.sql import literal, quoted
from orchestration.dbt_compiled import compiled, filled_in, of_night
from orchestration.dbt_runner import PROJECT_DIR
from sandbox.options import SANDBOX_CLOCK


def plain_sql(home: Path) -> dict[str, float]:
    """CPU seconds of the models and of the tests, and how many there are."""
    where, marks = home.resolve(), of_night(SANDBOX_CLOCK)
    project = compiled(where)
    models = [model for model in project.models if model.kind != "seed"]
    with tempfile.TemporaryDirectory(dir=where) as folder:
        # The name of the file is that of the database, which compiled SQL may say.
        copy = shutil.copyfile(warehouse_file(where), Path(folder) / warehouse_file(where).name)
        with duckdb.connect(str(copy)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"SET file_search_path = {literal(f'{where},{PROJECT_DIR}')}")
            before = cpu_seconds()
            for model in models:
                name = f"{quoted(model.schema)}.{quoted(model.name)}"
                sql = filled_in(model.sql, marks)
                connection.execute(f"CREATE OR REPLACE {model.kind.upper()} {name} AS (\n{sql}\n)")
            made = cpu_seconds()
            for test in project.tests:
                connection.execute(f"SELECT count(*) FROM (\n{filled_in(test.sql, marks)}\n) AS against").fetchone()
            tested = cpu_seconds()
    return {
        "models": len(models),
        "models_cpu": made - before,
        "tests": len(project.tests),
        "tests_cpu": tested - made,
    }


if __name__ == "__main__":
    print(json.dumps(plain_sql(Path(sys.argv[1]))))
