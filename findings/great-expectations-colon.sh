#!/usr/bin/env bash
# A colon before a letter in the query of an UnexpectedRowsExpectation is taken for a bound value: a check with a regular
# expression such as '(?:a|b)' is neither passed nor failed, it errs. The same query with the colon escaped finds the row.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check great-expectations==1.24.1 "sqlalchemy==2.1.9"
export GX_ANALYTICS_ENABLED=false
cd "$work"
"$work/venv/bin/python" - <<'PY' 2>/dev/null
import sqlite3

import great_expectations as gx
import sqlalchemy

with sqlite3.connect("notes.db") as database:
    database.execute("CREATE TABLE note (text TEXT)")
    database.execute("INSERT INTO note VALUES ('see:above')")
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = None
batch = context.data_sources.add_sqlite("s", connection_string="sqlite:///notes.db").add_table_asset("note", "note")
definition = batch.add_batch_definition_whole_table("whole")


def outcome(pattern):
    query = f"SELECT * FROM {{batch}} AS b WHERE text LIKE '{pattern}'"
    expectation = gx.expectations.UnexpectedRowsExpectation(unexpected_rows_query=query)
    found = definition.get_batch().validate(expectation)
    raised = "bind parameter" in str(found.exception_info)
    return "error" if raised else "passed" if found.success else "failed"


plain, escaped = outcome("%:above"), outcome(r"%\:above")
print(f"great_expectations {gx.__version__}, sqlalchemy {sqlalchemy.__version__}: '%:above' {plain}, '%\\:above' {escaped}")
assert (plain, escaped) == ("error", "failed")
PY
