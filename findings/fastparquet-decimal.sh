#!/usr/bin/env bash
# fastparquet gives DECIMAL columns as binary floats, without a word: three times 0.10 is not 0.30. pyarrow gives decimals.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==21.0.0 fastparquet==2024.11.0 pandas==2.3.3
"$work/venv/bin/python" - "$work" <<'PY'
import sys
from decimal import Decimal

import fastparquet
import pandas
import pyarrow as pa
import pyarrow.parquet as pq

path = f"{sys.argv[1]}/money.parquet"
pq.write_table(pa.table({"amount": pa.array([Decimal("0.10")] * 3, pa.decimal128(18, 2))}), path)
exact = pq.read_table(path)["amount"].to_pylist()
inexact = pandas.read_parquet(path, engine="fastparquet")["amount"].tolist()
print(f"pyarrow {pa.__version__}: sum {sum(exact)} ({type(exact[0]).__name__})")
print(f"fastparquet {fastparquet.__version__}: sum {sum(inexact)} ({type(inexact[0]).__name__})")
assert sum(exact) == Decimal("0.30")
assert isinstance(inexact[0], float) and sum(inexact) != 0.3
PY
