"""A damaged file of the home is named with what to do about it, before anything is read from it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.ingest import ensure_landing
from ingestion.persons.erasures import read_erasures, recorded_fingerprints
from ingestion.storage.damage import DamagedFile, damaged_files, require_readable

JOBS = "landing/returns/jobs/20250515T020000Z_aaaaaaaaaaaa.parquet"


@pytest.fixture
def home(tmp_path) -> Path:
    ensure_landing(tmp_path)
    rows = pa.table({"title": [f"a post number {number * 7919}" for number in range(5000)]})
    pq.write_table(rows, tmp_path / JOBS, compression="zstd")
    return tmp_path


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def lie(path: Path) -> None:
    """A footer that claims to be longer than the file."""
    content = path.read_bytes()
    path.write_bytes(content[:-8] + b"\xff\xff\xff\x7f" + content[-4:])


@pytest.mark.parametrize("spoil", [cut, empty, overwrite, lie])
@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        (JOBS, "from the inbox or from originals/"),
        ("landing/returns/jobs/00000000T000000Z_schema.parquet", "holds no rows and is made anew"),
        ("landing/hubspot/companies/20250515T020000Z_aaaaaaaaaaaa.parquet", "move landing/hubspot/companies away"),
        ("landing/inbox/files/20250515T020000Z_aaaaaaaaaaaa.parquet", "the files it told of are then read again"),
        ("landing/quarantine/rows/20250515T020000Z_aaaaaaaaaaaa.parquet", "no longer known"),
        ("runs/20250515T020000Z/source_run/returns.parquet", "a log of one night"),
        ("runs/20250515T020000Z/source_drift/returns.parquet", "a log of one night"),
    ],
)
def test_a_damaged_file_is_named_with_the_way_out(home, spoil, name, way_out):
    require_readable(home)
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((home / JOBS).read_bytes())
    require_readable(home)
    spoil(path)
    with pytest.raises(DamagedFile) as said:
        require_readable(home)
    assert str(path) in str(said.value)
    assert way_out in str(said.value)


def test_many_damaged_files_are_a_few_names_and_a_number(home):
    for number in range(8):
        (home / JOBS).with_name(f"2025051{number}T020000Z_b.parquet").touch()
    with pytest.raises(DamagedFile, match=r"20250514T020000Z_b.parquet and 3 more are no whole Parquet files"):
        require_readable(home)


def test_damage_between_the_ends_is_found_when_all_is_read(home):
    path = home / JOBS
    content = bytearray(path.read_bytes())
    content[200 : len(content) // 2] = bytes(len(content) // 2 - 200)
    path.write_bytes(content)
    assert list(damaged_files(home)) == []
    assert list(damaged_files(home, whole=True)) == [path]


@pytest.mark.parametrize("content", ["", "{", "\x00", "5", '[{"a": 1}]', "{}"])
def test_the_records_of_privacy_are_not_guessed(home, content):
    (home / "privacy").mkdir()
    for name, read, way_out in (
        ("erasures.json", read_erasures, "would come back"),
        ("key.json", recorded_fingerprints, "remove it"),
    ):
        path = home / "privacy" / name
        path.write_text(content)
        if name == "erasures.json" and content == "{}":
            continue
        with pytest.raises(DamagedFile) as said:
            read(home)
        assert str(path) in str(said.value)
        assert way_out in str(said.value)
