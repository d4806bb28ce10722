import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from common.durable import move_folder, write_parquet, write_text, written
from ingestion.files.inbox import InboxFile, keep_original, sha256_of


@pytest.fixture
def disk(monkeypatch):
    """What reaches the disk and what takes its name, in the order it happens."""
    done: list[tuple[str, str]] = []
    fsync, replace, rename = os.fsync, Path.replace, Path.rename

    def synced(handle):
        done.append(("sync", Path(f"/proc/self/fd/{handle}").readlink().name))
        fsync(handle)

    def replaced(path, target):
        done.append(("name", Path(target).name))
        return replace(path, target)

    def renamed(path, target):
        done.append(("name", Path(target).name))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(Path, "rename", renamed)
    return done


def test_a_file_is_on_the_disk_before_it_has_its_name_and_then_its_folder_is(tmp_path, disk):
    write_text(tmp_path / "night.json", "{}")
    assert disk == [("sync", ".night.json.tmp"), ("name", "night.json"), ("sync", tmp_path.name)]
    assert [path.name for path in tmp_path.iterdir()] == ["night.json"]


def test_a_table_is_written_in_the_same_way(tmp_path, disk):
    write_parquet(pa.table({"a": [1]}), tmp_path / "a.parquet")
    assert [what for what, _ in disk] == ["sync", "name", "sync"]
    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == [{"a": 1}]


def test_all_of_a_folder_is_on_the_disk_before_it_has_its_name(tmp_path, disk):
    (tmp_path / ".building" / "pack").mkdir(parents=True)
    (tmp_path / ".building" / "pack" / "report.html").touch()
    move_folder(tmp_path / ".building", tmp_path / "release")
    named = disk.index(("name", "release"))
    assert {name for _, name in disk[:named]} == {"report.html", "pack", ".building"}
    assert disk[named + 1 :] == [("sync", tmp_path.name)]


def test_what_fails_leaves_what_was_there_before_and_nothing_beside_it(tmp_path):
    path = tmp_path / "ledger.json"
    write_text(path, "before")
    with pytest.raises(ZeroDivisionError), written(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_an_original_is_on_the_disk_before_anything_says_that_it_was_handled(tmp_path, disk):
    """The ledger is entered after it: a crash must not leave one that names a file nobody has."""
    dropped = tmp_path / "inbox" / "grants" / "a.csv"
    dropped.parent.mkdir(parents=True)
    dropped.write_text("x")
    file = InboxFile(dropped, "grants", sha256_of(dropped))
    keep_original(tmp_path, file)
    assert disk == [("sync", f".{file.sha256}.tmp"), ("name", file.sha256), ("sync", "originals")]
