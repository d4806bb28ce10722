#!/usr/bin/env bash
# cleanco, which takes legal forms off names of firms, also takes off what stands before them in British names: of a place in
# brackets it leaves half (psolin/cleanco#61, open), of Spa nothing, which it holds for an Italian form. Cyfyngedig, Welsh for
# limited, it leaves.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check cleanco==2.3
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from cleanco import basename

SEEN = {
    "Severn Tools Ltd": "Severn Tools",
    "Severn Tools (Midlands) Ltd": "Severn Tools (Midlands",
    "Droitwich Spa Ltd": "Droitwich",
    "Severn Tools Cyfyngedig": "Severn Tools Cyfyngedig",
}
found = {name: basename(name) for name in SEEN}
print(f"cleanco {version('cleanco')}: {found}")
assert found == SEEN, found
PY
