"""A disk that fills up at any stage, or cannot be written at all: a sentence, an exit code, and what was published
serves on. In a mount namespace of its own, so that nothing of the machine is mounted or filled.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.code_version import ROOT
from tests.conftest import SMALL, WMIP, clean_environment

SCALE = f"{SMALL:g}"
PUBLIC_TABLES = ROOT / "evaluation" / "disclosure" / "public_tables.yaml"
UNSHARED = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]


def _may_mount() -> bool:
    try:
        return not subprocess.run(
            [*UNSHARED, "mount -t tmpfs -o size=1m wmip /mnt"], capture_output=True, check=False
        ).returncode
    except FileNotFoundError:
        return False


pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not _may_mount(), reason="this account may not mount: run as root, or with CAP_SYS_ADMIN"),
]

# Rules of its own give the night something to publish. At a moment of it all room is taken, and again until it ended.
FULL = """
mount -t tmpfs -o size=1g wmip "$PLACE" && cp -r "$RELEASED" "$PLACE/home" || exit 9
cp "$RULES" "$PLACE/home/public_tables.yaml"
"$WMIP" demo --home "$PLACE/home" --scale "$SCALE" >"$OUT/stdout" 2>"$OUT/stderr" &
night=$!
while kill -0 $night 2>/dev/null && ! (cd "$PLACE/home" && eval "$MOMENT"); do sleep 0.05; done
while kill -0 $night 2>/dev/null; do cat /dev/zero 2>/dev/null >>"$PLACE/fill"; sleep 0.02; done
wait $night; echo $? >"$OUT/code"
"$WMIP" scorecard --home "$PLACE/home" >"$OUT/scorecard" 2>&1; echo $? >"$OUT/scorecard_code"
readlink "$PLACE/home/releases/current" >"$OUT/release"
ls -A "$PLACE/home/releases" >"$OUT/releases"
rm "$PLACE/fill"
"$WMIP" demo --home "$PLACE/home" --scale "$SCALE" >"$OUT/next" 2>&1; echo $? >"$OUT/next_code"
"""
READ_ONLY = """
mount -t tmpfs -o size=1g wmip "$PLACE" && cp -r "$RELEASED" "$PLACE/home" && mount -o remount,ro "$PLACE" || exit 9
"$WMIP" run --home "$PLACE/home" >"$OUT/stdout" 2>"$OUT/stderr"; echo $? >"$OUT/code"
"$WMIP" scorecard --home "$PLACE/home" >"$OUT/scorecard" 2>&1; echo $? >"$OUT/scorecard_code"
"$WMIP" release rollback "$(readlink "$PLACE/home/releases/current")" --home "$PLACE/home" >"$OUT/next" 2>&1
echo $? >"$OUT/next_code"
readlink "$PLACE/home/releases/current" >"$OUT/release"
"""

# Publishes as a night does. Before or after a function of it all room is taken; then there is room again.
PUBLISHING = """
import importlib, json, sys
from pathlib import Path
from orchestration.release import integrity, store
from orchestration.trouble import disk_trouble
from tests.orchestration.test_release import build_candidate, judge, publish

place, module, name, when = Path(sys.argv[1]), *sys.argv[2:]
home, filling = place / "home", place / "fill"

def take_all_room():
    with filling.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                pass

build_candidate(home, 4)
judge(home)
publish(home)
build_candidate(home, 5)
judge(home)
where = importlib.import_module("orchestration.release." + module)
real = getattr(where, name)

def full(*arguments, **more):
    if when == "before":
        take_all_room()
    found = real(*arguments, **more)
    if when == "after":
        take_all_room()
    return found

setattr(where, name, full)
said = ""
try:
    publish(home)
except Exception as error:
    said = disk_trouble(home, error) or repr(error)
serving = store.current_release(home)
seen = {"said": said, "serving": serving, "problems": integrity.verify(home, serving)}
setattr(where, name, real)
filling.unlink()
publish(home)
serving = store.current_release(home)
left = sorted(path.name for path in (home / "releases").iterdir() if path.name[0] == "." and path.name != ".disclosure")
print(json.dumps({**seen, "next": serving, "next_problems": integrity.verify(home, serving), "left": left}))
"""


@dataclass(frozen=True)
class Seen:
    """What a script left, by name."""

    folder: Path

    def __getitem__(self, name: str) -> str:
        return " ".join((self.folder / name).read_text(encoding="utf-8").split())

    @property
    def said(self) -> str:
        """All that the night said."""
        return f"{self['stdout']} {self['stderr']}"


def _play(script: str, released: Path, folder: Path, moment: str = "true") -> Seen:
    place = folder / "place"
    place.mkdir()
    environment = clean_environment(
        COLUMNS="300", PLACE=str(place), OUT=str(folder), RELEASED=str(released), WMIP=str(WMIP), SCALE=SCALE,
        MOMENT=moment.replace("OUT", str(folder)), WMIP_CLOCK="2025-06-01T02:00:00Z",
        WMIP_PSEUDONYM_KEY="sandbox-pseudonym-key", RULES=str(PUBLIC_TABLES),
    )  # fmt: skip
    result = subprocess.run(
        [*UNSHARED, script], env=environment, capture_output=True, text=True, timeout=1500, check=False
    )
    assert result.returncode == 0, result.stderr
    return Seen(folder)


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("grep -q 'pretend programme' OUT/stdout", id="starting"),
        pytest.param("test $(ls -d runs/2*/night.json | wc -l) -gt 1", id="reading"),
        pytest.param("grep -q 'Reading returns' OUT/stdout", id="staging"),
        pytest.param("grep -q 'Matching organisations' OUT/stdout", id="counting"),
        pytest.param("grep -q 'Building the mart' OUT/stdout && grep -q 'Checking' OUT/stdout", id="evaluating"),
        pytest.param("test -d releases/.building-*", id="publishing"),
    ],
)
def test_a_disk_that_fills_up_is_said_and_the_last_release_serves(small_release, tmp_path, moment):
    (before,) = {path.name for path in (small_release.path / "releases").glob("2*")}
    seen = _play(FULL, small_release.path, tmp_path, moment)
    assert seen["code"] == "1", seen.said
    assert "Traceback" not in seen.said
    assert "the disk is full" in seen.said
    assert seen["release"] == before
    assert seen["scorecard_code"] == "0"
    assert f"Release {before}" in seen["scorecard"]
    assert "Traceback" not in seen["scorecard"]
    assert seen["next_code"] == "0", seen["next"]
    assert "Traceback" not in seen["next"]


@pytest.mark.parametrize(
    ("moment", "is_made"),
    [
        ("store.new_building.after", False),
        ("publication._run.after", False),
        ("publication._write_manifest.before", False),
        # What is left to do then takes no room.
        ("publication._write_manifest.after", True),
        ("store.switch.before", True),
        ("publication.prune.before", True),
    ],
)
def test_a_disk_that_fills_up_while_a_release_is_made_leaves_a_whole_one_serving(tmp_path, moment, is_made):
    """A release that is all on the disk is switched to; one that is not leaves nothing behind."""
    result = subprocess.run(
        [*UNSHARED, 'mount -t tmpfs -o size=96m wmip "$0" && exec "$@"', str(tmp_path),
         sys.executable, "-c", PUBLISHING, str(tmp_path), *moment.split(".")],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])
    assert ("the disk is full" in seen["said"]) is not is_made, seen
    assert (seen["serving"], seen["problems"]) == (f"2025-07-01.{2 if is_made else 1}", [])
    assert (seen["next"], seen["next_problems"], seen["left"]) == ("2025-07-01.2", [], [])


def test_a_home_that_cannot_be_written_is_said_and_read_all_the_same(small_release, tmp_path):
    seen = _play(READ_ONLY, small_release.path, tmp_path)
    (release,) = {path.name for path in (small_release.path / "releases").glob("2*")}
    assert seen["code"] == "1", seen.said
    assert "read-only" in seen.said
    assert "Traceback" not in seen.said + seen["scorecard"] + seen["next"]
    assert seen["scorecard_code"] == "0"
    assert f"Release {release}" in seen["scorecard"]
    assert (seen["next_code"], seen["release"]) == ("1", release)
    assert "read-only" in seen["next"]
