#!/usr/bin/env bash
# DuckDB 2.0 refuses connection.sql() after an execute() of which one row was fetched, even where there was only one: "connection
# has an unfinished result". execute() after it works, and so does either with DuckDB 1.5: code that asks for a count breaks.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for version in 1.5.5 2.0.1; do
    python3 -m venv "$work/$version"
    "$work/$version/bin/pip" install --quiet --disable-pip-version-check "duckdb==$version"
    "$work/$version/bin/python" - <<'PY'
import duckdb


def second(name):
    with duckdb.connect() as connection:
        connection.execute("SELECT count(*) FROM range(3)").fetchone()
        try:
            getattr(connection, name)("SELECT 1").fetchall()
        except duckdb.Error as error:
            return "unfinished result" if "unfinished result" in str(error) else str(error)
        return "works"


said = {name: second(name) for name in ("execute", "sql")}
print(f"duckdb {duckdb.__version__}: {said}")
assert said["execute"] == "works"
assert (said["sql"] == "works") == duckdb.__version__.startswith("1.")
PY
done
