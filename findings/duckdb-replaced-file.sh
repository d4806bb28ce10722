#!/usr/bin/env bash
# DuckDB: while a connection has a file open, a new connection of the same process to another file put under its name (os.replace) reads the old one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.5
"$work/venv/bin/python" - "$work" <<'PY'
import os
import sys

import duckdb

path, later = f"{sys.argv[1]}/mart.duckdb", f"{sys.argv[1]}/later.duckdb"
for file, value in ((path, 1), (later, 2)):
    with duckdb.connect(file) as connection:
        connection.execute(f"CREATE TABLE release AS SELECT {value} AS number")
first = duckdb.connect(path, read_only=True)
os.replace(later, path)
second = duckdb.connect(path, read_only=True)
seen = second.sql("SELECT number FROM release").fetchall()[0][0]
first.close()
second.close()
with duckdb.connect(path, read_only=True) as third:
    then = third.sql("SELECT number FROM release").fetchall()[0][0]
print(f"duckdb {duckdb.__version__}: new connection beside the old one sees release {seen}, after both are closed {then}")
assert (seen, then) == (1, 2)
PY
