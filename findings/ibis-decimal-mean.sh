#!/usr/bin/env bash
# Ibis gives the mean of a DECIMAL column the column's scale: of 0.1 and 0.2 with one decimal it is 0.2, and 0.1 as Arrow.
# DuckDB, which computes it from Ibis' own SQL, says 0.15, and so does Ibis of the same column as floats.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "ibis-framework[duckdb]==12.0.0" duckdb==1.5.5 sqlglot==30.17.0 pandas==3.1.1 pyarrow==26.0.1
"$work/venv/bin/python" - <<'PY'
from decimal import Decimal

import duckdb
import ibis

connection = ibis.duckdb.connect()
connection.raw_sql("CREATE TABLE survey AS SELECT unnest([0.1, 0.2])::DECIMAL(3, 1) AS score")
score = connection.table("survey").score
mean = score.mean()
given = mean.execute(), mean.to_pyarrow().as_py(), score.cast("float64").mean().execute()
((meant,),) = connection.raw_sql(ibis.to_sql(mean)).fetchall()
print(f"ibis {ibis.__version__}, duckdb {duckdb.__version__}: type {mean.type()}; pandas, Arrow, of floats: {given}; by its SQL: {meant}")
assert given[:2] == (Decimal("0.2"), Decimal("0.1"))
assert round(given[2], 9) == round(meant, 9) == 0.15
PY
