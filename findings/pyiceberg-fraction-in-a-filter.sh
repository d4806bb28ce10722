#!/usr/bin/env bash
# PyIceberg rounds a fraction in a filter on a column of whole numbers: "heads > 1.5" leaves out 2, "heads = 1.5" finds it,
# and delete("heads < 2.5") leaves both 2 and 3. On a column of floats the same filters are exact.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "pyiceberg[sql-sqlite]==0.12.0" pyarrow==26.0.1 sqlalchemy==2.1.9
"$work/venv/bin/python" - "$work" <<'PY'
import sys
from importlib.metadata import version

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

catalog = SqlCatalog("local", uri=f"sqlite:///{sys.argv[1]}/catalog.db", warehouse=f"file://{sys.argv[1]}")
catalog.create_namespace("mart")
seen = {}
for kind in (pa.int64(), pa.float64()):
    rows = pa.table({"heads": pa.array([1, 2, 3], kind)})
    table = catalog.create_table(f"mart.{kind}", rows.schema)
    table.append(rows)
    found = [table.scan(row_filter=f"heads {rule}").to_arrow()["heads"].to_pylist() for rule in ("> 1.5", "= 1.5")]
    table.delete("heads < 2.5")
    seen[str(kind)] = *found, table.scan().to_arrow()["heads"].to_pylist()
    print(f"pyiceberg {version('pyiceberg')}: {kind}: above 1.5, equal to 1.5, left after those below 2.5: {seen[str(kind)]}")
assert seen == {"int64": ([3], [2], [2, 3]), "double": ([2, 3], [], [3])}
PY
