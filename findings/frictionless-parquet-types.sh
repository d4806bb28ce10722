#!/usr/bin/env bash
# frictionless types a Parquet column by its first hundred values though the file says its type: a right file is reported as wrong.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "frictionless[parquet]==5.21.0" pandas==3.1.1 pyarrow==26.0.1
"$work/venv/bin/python" - "$work" <<'PY'
import os
import sys

import frictionless
import pyarrow as pa
import pyarrow.parquet as pq

os.chdir(sys.argv[1])
seen = {}
for name, values in (("late", ["1"] * 150 + ["none"]), ("early", ["none"] + ["1"] * 150)):
    pq.write_table(pa.table({"code": pa.array(values, pa.string())}), f"{name}.parquet")
    report = frictionless.validate(f"{name}.parquet")
    kind = frictionless.describe(f"{name}.parquet").schema.get_field("code").type
    seen[name] = kind, report.valid
    print(f"frictionless {frictionless.__version__}: {name}: column of strings is {kind}, valid: {report.valid}")
assert seen == {"late": ("integer", False), "early": ("string", True)}
PY
