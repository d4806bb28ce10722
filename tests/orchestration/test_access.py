"""A home is its account's alone, whatever the umask, but for what its operator opens."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from orchestration.access import close_home, make_home, open_public_parts, open_to_others
from orchestration.night import NightRecord, only_writer, write_record
from orchestration.run_night import prepare_dagster_home


@pytest.fixture(autouse=True)
def careless():
    """The umask that lets everybody read and write everything."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_in_a_home_is_private_whatever_the_umask(tmp_path):
    home = tmp_path / "new" / "home"
    with only_writer(home):
        write_record(home, NightRecord("r", "2025-05-15"))
    prepare_dagster_home(home)
    assert mode(home) == mode(home / "dagster") == 0o700
    assert {mode(path) for path in home.rglob("*") if path.is_file() and path.parent != home / "dagster"} == {0o600}
    assert mode(tmp_path / "new") == 0o777, "folders above the home are not ours"
    (home / "later").touch()
    assert mode(home / "later") == 0o666, "and the umask is back afterwards"


def test_a_home_that_is_there_keeps_the_mode_its_operator_gave_it(tmp_path):
    tmp_path.chmod(0o711)
    make_home(tmp_path)
    assert mode(tmp_path) == 0o711


@pytest.fixture
def released(tmp_path) -> Path:
    """A home of an earlier version, open to all, with a release and a memory of one that was dropped."""
    for name in ("landing", "originals", "inbox/returns", "releases/.disclosure/a", "releases/a/parquet_public",
                 "releases/a/open_data", "releases/a/parquet"):  # fmt: skip
        (tmp_path / name).mkdir(parents=True)
    for name in ("mart.duckdb", "mart_public.duckdb", "parquet_public/x.parquet", "parquet/x.parquet",
                 "open_data/README.md"):  # fmt: skip
        (tmp_path / "releases/a" / name).touch()
    (tmp_path / "releases/current").symlink_to("a")
    tmp_path.chmod(0o777)
    return tmp_path


def test_a_night_closes_what_an_earlier_version_left_open(released):
    for name in ("inbox/returns", "landing", "originals", "releases"):
        assert f"{released / name}" in open_to_others(released, False)
    close_home(released)
    open_public_parts(released, False)
    assert {mode(released / name) for name in ("landing", "originals", "releases", "releases/a")} == {0o700}
    assert mode(released / "releases/a/mart_public.duckdb") == 0o600
    found = open_to_others(released, False)
    assert f"{released}, {released / 'inbox'}, {released / 'inbox/returns'}. `chmod 700 {released}`" in found
    assert mode(released / "inbox/returns") == 0o777, "people's folders are told of, not changed"
    released.chmod(0o700)
    assert open_to_others(released, False) is None


def test_the_operator_opens_the_public_parts_and_nothing_else(released):
    released.chmod(0o700)
    close_home(released)
    open_public_parts(released, True)
    assert mode(released) == mode(released / "releases") == mode(released / "releases/a") == 0o711
    for name in ("parquet_public", "open_data"):
        assert mode(released / "releases/a" / name) == 0o755
    for name in ("mart_public.duckdb", "parquet_public/x.parquet", "open_data/README.md"):
        assert mode(released / "releases/current" / name) == 0o644
    assert mode(released / "releases/.disclosure") == 0o700
    (released / "inbox").chmod(0o733)
    (released / "inbox/returns").chmod(0o1733)
    assert open_to_others(released, True) is None
    open_public_parts(released, False)
    assert mode(released / "releases") == 0o700
    assert mode(released / "releases/a/open_data/README.md") == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_another_account_reads_the_public_parts_alone_and_may_drop_files(released):
    def other_account(command: str) -> bool:
        # pytest's folders above are closed to it: it starts inside.
        return not subprocess.run(["/bin/sh", "-c", command], cwd=released, user=65534, group=65534, extra_groups=[],
                                  stderr=subprocess.DEVNULL, check=False).returncode  # fmt: skip

    (released / "releases/a/mart.duckdb").chmod(0o600)
    close_home(released)
    open_public_parts(released, True)
    (released / "inbox/returns").chmod(0o1733)
    assert other_account("cat releases/current/mart_public.duckdb releases/current/open_data/README.md")
    assert other_account("ls releases/current/parquet_public && echo late > inbox/returns/dropped.xlsx")
    for command in ("cat releases/current/mart.duckdb", "ls releases/current/parquet", "ls landing", "ls releases"):
        assert not other_account(command), command
    assert not other_account("ls inbox/returns")
    assert (released / "inbox/returns/dropped.xlsx").read_text() == "late\n"
