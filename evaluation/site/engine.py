"""The query engine of the site: DuckDB-Wasm, Arrow and a Parquet writer, built once by `make site-engine`.

It is too large to keep in the repository. A site made without it has every figure; its query page then says how to get
the engine.
"""

from __future__ import annotations

import shutil
from pathlib import Path

ENGINE = Path(__file__).parents[2] / "build" / "site-engine"
FILES = ("engine.js", "duckdb.wasm.gz", "worker.js.gz", "vega.js", "LICENCES.txt")


def has_engine(engine: Path = ENGINE) -> bool:
    """Whether the engine was built."""
    return all((engine / name).is_file() for name in FILES)


def copy_engine(site: Path, engine: Path = ENGINE) -> bool:
    """Copy the engine into the folder of a site; whether there was one."""
    if not has_engine(engine):
        return False
    target = site / "engine"
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(engine / name, target / name)
    return True
