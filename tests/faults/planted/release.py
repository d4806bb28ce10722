"""The release: what readers are shown of one that was altered."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb

from ingestion.storage.office import read
from orchestration.night import read_record
from orchestration.release import integrity
from tests.faults.fault import Planted
from tests.faults.stage import (
    NOT_SHOWN,
    PUBLISHED,
    SERVES,
    Stage,
)
from tests.ingestion.storage import test_damage as damage


def faults() -> Iterator[Planted]:
    """Every fault of this place."""
    mart = f"releases/{SERVES}/mart.duckdb"
    for name, what, spoil in (
        ("figure", "a figure of its mart is changed", _figure_changed),
        ("bytes", "its mart has a byte more", lambda path: path.write_bytes(path.read_bytes() + b"x")),
        ("gone", "its mart is gone", lambda path: path.unlink()),
        ("cut", "its mart is cut short", damage.cut),
    ):
        yield Planted(
            f"release_{name}",
            "release",
            f"of what serves {what}",
            NOT_SHOWN,
            partial(_altered, mart, spoil),
            "is not what was published",
            is_quick=name == "figure",
        )
        yield Planted(
            f"release_{name}_then_night",
            "release",
            f"of what serves {what}; tonight makes another and keeps nothing of it",
            PUBLISHED,
            partial(_altered_then_night, mart, spoil),
            is_quick=name == "cut",
        )
    for name, file in (
        ("receipt", "receipt.json"),
        ("manifest", "manifest.json"),
        ("parquet", "parquet/waiver.parquet"),
    ):
        yield Planted(
            f"release_{name}",
            "release",
            f"of what serves {file} is altered; tonight makes another",
            PUBLISHED,
            partial(_made_anew, f"releases/{SERVES}/{file}"),
        )
    yield Planted(
        "release_link", "release", "the link to what serves leads nowhere; tonight mends it", PUBLISHED, _link_broken
    )


def _figure_changed(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE indicator_value SET value = 99")


def _altered(path: str, spoil: Callable[[Path], object], stage: Stage) -> None:
    spoil(stage.home / path)
    if (stage.home / path).exists():
        os.utime(stage.home / path)


def _altered_then_night(path: str, spoil: Callable[[Path], object], stage: Stage) -> None:
    """What no gate has seen is never kept as what a release said."""
    _altered(path, spoil, stage)
    with stage.opened() as night:
        record = read_record(stage.home, night.run_id)
        assert record is not None and record.release_notice
        stage.judge()
        stage.publish()
    assert len(read(stage.home, "published_figure")) == 0


def _made_anew(path: str, stage: Stage) -> None:
    """The same candidate as before: only what was altered is a reason for another release."""
    stage.query("UPDATE mart.dim_partner SET name = NULL")
    file = stage.home / path
    if file.name == integrity.MANIFEST:
        said = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**said, "code_version": "another"}), encoding="utf-8")
    else:
        file.write_bytes(file.read_bytes() + b" ")
    stage.night()


def _link_broken(stage: Stage) -> None:
    current = stage.home / "releases" / "current"
    current.unlink()
    current.symlink_to("gone")
    stage.night()
