#!/usr/bin/env bash
# DuckDB drops the offset of a text that is cast to TIMESTAMP: from 10:00+01:00 to 10:00Z is an hour, and comes out as none.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.5 pytz==2025.2
"$work/venv/bin/python" - "$work" <<'PY'
import duckdb

text = "'2024-05-01T10:00:00+01:00'", "'2024-05-01T10:00:00Z'"
for kind in ("TIMESTAMP", "TIMESTAMPTZ"):
    start, end = (f"CAST({one} AS {kind})" for one in text)
    ((minutes,),) = duckdb.sql(f"SELECT date_diff('minute', {start}, {end})").fetchall()
    print(f"duckdb {duckdb.__version__}: as {kind} the meeting lasts {minutes} minutes")
    assert minutes == {"TIMESTAMP": 0, "TIMESTAMPTZ": 60}[kind]
PY
