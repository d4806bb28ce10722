"""The commands of the README work as they stand; a whole night is parsed here alone, and run by the tests of nights."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
from typer.main import get_command

from orchestration.cli.main import app
from tests.conftest import WMIP, clean_environment, wmip

pytestmark = pytest.mark.xdist_group("small_release")

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
COMMANDS = [line for line in LINES if line.startswith(".venv/bin/wmip")]
INLINE = re.findall(r"`(wmip (?:returns|site|scorecard|trace)[^`…]*)`", README)
WHOLE_NIGHTS = {"demo", "run"}


def _arguments(line: str) -> list[str]:
    return shlex.split(line, comments=True)[1:]


def _parse(arguments: list[str]) -> None:
    command: click.Command = get_command(app)
    while isinstance(command, click.Group):
        _, found, arguments = command.resolve_command(click.Context(command), arguments)
        assert found is not None, arguments
        command = found
    command.make_context("wmip", list(arguments))


def test_the_readme_has_commands_of_each_kind():
    assert len(BLOCKS) == 4
    assert len(COMMANDS) >= 8
    assert {line.split()[0] for line in LINES} == {".venv/bin/wmip", "make", "export", "install", "mkdir", "cp"}


@pytest.mark.parametrize("line", [*COMMANDS, *(line for line in INLINE if " " in line.removeprefix("wmip returns "))])
def test_every_command_is_one(line):
    _parse(_arguments(line))


@pytest.mark.parametrize("target", [line.split()[1] for line in LINES if line.startswith("make ")])
def test_every_target_of_make_is_there(target):
    made = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def test_files_are_dropped_where_the_readme_says(tmp_path):
    script = "\n".join(line for line in LINES if line.split()[0] in {"export", "install", "mkdir", "cp"})
    for place in ("/srv/wmip", "/tmp/real"):
        script = script.replace(place, str(tmp_path / place.rpartition("/")[2]))
    done = subprocess.run(["bash", "-eu", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "wmip" / "inbox" / "returns").is_dir()
    assert list((tmp_path / "real" / "inbox" / "grants").glob("*.json"))


@pytest.mark.parametrize(
    "line", [line for line in [*COMMANDS, *INLINE] if _arguments(line)[0] not in {*WHOLE_NIGHTS, "site", "returns"}]
)
def test_what_reads_a_release_fits_a_terminal(line, small_release):
    arguments = [one for one in _arguments(line) if one not in ("--home", "/tmp/real")]
    done = subprocess.run(
        [str(WMIP), *arguments],
        env=clean_environment(WMIP_HOME=str(small_release.path), COLUMNS="80"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [shown for shown in done.stdout.splitlines() if len(shown) > 80] == []
    # A cut cell ends in one; the name of a file may hold one for what changes in it (GDP_Deflators_….xlsx).
    assert re.findall(r"\S…(?!\.)", done.stdout) == []


def test_the_workbook_of_the_readme_is_made(small_release, tmp_path, monkeypatch):
    (line,) = (line for line in INLINE if "returns template" in line)
    monkeypatch.chdir(tmp_path)
    done = wmip(*_arguments(line), WMIP_HOME=str(small_release.path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(tmp_path.glob("*.xlsx"))) == 1
