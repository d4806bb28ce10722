#!/usr/bin/env bash
# duckdb-engine 0.17 under SQLAlchemy 2.1 runs queries but cannot list the columns of a table (reflection, pandas.read_sql_table).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.5 duckdb-engine==0.17.0 sqlalchemy==2.1.9
"$work/venv/bin/python" - "$work" <<'PY'
import duckdb
import duckdb_engine
import sqlalchemy as sa

engine = sa.create_engine("duckdb:///:memory:", poolclass=sa.pool.StaticPool)
with engine.begin() as connection:
    connection.execute(sa.text("CREATE TABLE fct_job (job_key VARCHAR, fte DECIMAL(18, 4))"))
    rows = connection.execute(sa.text("SELECT count(*) FROM fct_job")).scalar_one()
try:
    said = f"{len(sa.inspect(engine).get_columns('fct_job'))} columns"
except Exception as error:
    said = f"{type(error).__name__}: {str(error).splitlines()[0]}"
print(f"sqlalchemy {sa.__version__}, duckdb-engine {duckdb_engine.__version__}, duckdb {duckdb.__version__}")
print(f"query: {rows} rows; get_columns: {said}")
assert rows == 0 and "pg_collation" in said
PY
