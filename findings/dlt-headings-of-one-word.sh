#!/usr/bin/env bash
# dlt spells every sign that is no letter, figure or blank the same when it names a column: two columns of a source whose headings
# differ in such a sign become one, which holds now the one, now the other; the load succeeds and the value of one is gone.
# Told in dlt-hub/dlt#423 (2023, closed).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "dlt[duckdb]==1.31.0" duckdb==2.0.1
RUNTIME__DLTHUB_TELEMETRY=false venv/bin/python - <<'PY'
from importlib.metadata import version

import dlt
import duckdb

GRANTS = [
    {"grant": "a", "Award £": 3000, "Award %": 50},
    {"grant": "b", "Award £": 1000},
    {"grant": "c", "Award %": 70},
]
pipeline = dlt.pipeline(
    "grants", destination=dlt.destinations.duckdb("grants.duckdb"), dataset_name="landed", pipelines_dir="pipelines"
)
has_failed = pipeline.run(GRANTS, table_name="grants").has_failed_jobs
with duckdb.connect("grants.duckdb") as connection:
    found = connection.sql("SELECT * EXCLUDE (_dlt_load_id, _dlt_id) FROM landed.grants ORDER BY 1")
    columns, rows = found.columns, found.fetchall()
print(f"dlt {version('dlt')}, duckdb {version('duckdb')}: failed jobs: {has_failed}; {columns}: {rows}")
assert not has_failed
assert sorted(columns) == ["awardx", "grant"], columns
assert sorted(row[columns.index("awardx")] for row in rows) == [50, 70, 1000], rows
PY
