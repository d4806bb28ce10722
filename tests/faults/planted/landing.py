"""Landing and registry: what a night finds when it opens the home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from common.home import registry_file
from tests.faults.fault import Planted, then_night, written
from tests.faults.stage import (
    NOTHING,
    Stage,
)
from tests.ingestion.storage import test_damage as damage

_SPOILS = {
    "cut short": damage.cut,
    "emptied": damage.empty,
    "overwritten": damage.overwrite,
    "of another length": damage.lie,
}
_FILES = {
    "a load of a stream": damage.JOBS,
    "a stream's file without rows": "landing/returns/jobs/00000000T000000Z_schema.parquet",
    "a load of an API": "landing/hubspot/companies/20250515T020000Z_aaaaaaaaaaaa.parquet",
    "the ledger of the inbox": "landing/inbox/files/20250515T020000Z_aaaaaaaaaaaa.parquet",
    "the quarantine": "landing/quarantine/rows/20250515T020000Z_aaaaaaaaaaaa.parquet",
    "a log of reads": "runs/20250514T020000Z/source_run/returns.parquet",
}


def faults() -> Iterator[Planted]:
    """Every fault of this place."""
    for label, path in _FILES.items():
        for how, spoil in _SPOILS.items():
            yield Planted(
                f"{Path(path).parent.name}_{how}_{label}".replace(" ", "_"),
                "landing and registry",
                f"{label} {how}",
                NOTHING,
                partial(_spoilt, path, spoil),
                Path(path).name,
                is_quick=(how, label) == ("cut short", "a load of a stream"),
            )
    registry = {
        "missing": (lambda path: path.unlink(), "is missing"),
        "cut short": (damage.cut, "damaged"),
        "emptied": (damage.empty, "damaged"),
        "shorter than what was published": (
            lambda path: pq.write_table(pa.table({"source_record_id": ["1"]}), path),
            "holds 1 records",
        ),
    }
    for how, (spoil, said) in registry.items():
        yield Planted(
            f"keys_{how}".replace(" ", "_"),
            "landing and registry",
            f"the organisation keys are {how}",
            NOTHING,
            partial(then_night, lambda stage, spoil=spoil: spoil(registry_file(stage.home))),
            said,
        )
    yield Planted(
        "lock_lost",
        "landing and registry",
        "what the office locked is gone",
        NOTHING,
        partial(
            then_night,
            lambda stage: [path.unlink() for path in (stage.home / "registry" / "return_status").glob("2*.parquet")],
        ),
        "registry restore",
    )
    for name in ("erasures.json", "key.json"):
        yield Planted(
            f"privacy_{name.partition('.')[0]}",
            "landing and registry",
            f"privacy/{name} cannot be read",
            NOTHING,
            partial(then_night, partial(written, f"privacy/{name}", "{")),
            name,
        )


def _spoilt(path: str, spoil: Callable[[Path], None], stage: Stage) -> None:
    file = stage.home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"title": [f"a post number {number * 7919}" for number in range(5000)]}), file)
    spoil(file)
    stage.night()
