#!/usr/bin/env bash
# pandera with drop_invalid_rows, on polars: rows that break the unique of a DataFrameSchema are neither dropped nor told of.
# Without drop_invalid_rows they are an error; on pandas they are dropped.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "pandera[pandas,polars]==0.35.0" polars==2.1.0 pandas==3.1.1
"$work/venv/bin/python" - <<'PY' 2>/dev/null
import pandas
import pandera.pandas
import pandera.polars
import polars
from pandera.errors import SchemaErrors

GRANTS = {"grant": ["G1", "G1", "G2", "G3"], "amount": [100, 200, 300, 0]}
seen = {}
for name, api, frame in (("pandas", pandera.pandas, pandas.DataFrame(GRANTS)), ("polars", pandera.polars, polars.DataFrame(GRANTS))):
    columns = {"grant": api.Column(str), "amount": api.Column(int, api.Check.gt(0))}
    dropping = api.DataFrameSchema(columns, unique=["grant"], report_duplicates="all", drop_invalid_rows=True)
    try:
        api.DataFrameSchema(columns, unique=["grant"]).validate(frame, lazy=True)
        told = False
    except SchemaErrors as errors:
        told = "DUPLICATES" in str(errors)
    seen[name] = told, list(dropping.validate(frame, lazy=True)["amount"])
    print(f"pandera {pandera.__version__}, {name}: duplicates told of, and amounts left when dropping: {seen[name]}")
assert seen == {"pandas": (True, [300]), "polars": (True, [100, 200, 300])}
PY
