import inspect
import os
import re
import stat
from pathlib import Path

import pytest

from common import home
from common.home import OURS, THEIRS, make_private

PATHS = {
    name: function
    for name, function in inspect.getmembers(home, inspect.isfunction)
    if name.endswith(("_file", "_folder"))
}
SETTINGS = {"wmip.yaml", "public_tables.yaml"}


@pytest.mark.parametrize("name", sorted(PATHS))
def test_every_path_is_the_products_or_the_peoples(name):
    needed = [name for name, value in inspect.signature(PATHS[name]).parameters.items() if value.default is value.empty]
    first = PATHS[name](Path("h"), *["x"] * (len(needed) - 1)).relative_to("h").parts[0]
    assert first in {*OURS, *THEIRS, *SETTINGS}


def test_the_contract_lists_everything_that_stands_in_a_home():
    contract = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")
    layout = contract.partition("## 1. State")[2].partition("```")[2].partition("```")[0]
    listed = set(re.findall(r"^([\w.]+)(?=[/ ]|$)", layout, re.MULTILINE))
    assert listed == {*OURS, *THEIRS, *SETTINGS}


def test_a_folder_of_ours_and_those_on_the_way_to_it_are_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        made = make_private(tmp_path / "landing" / "returns" / "jobs")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made, made.parent, made.parent.parent)} == {0o700}


def test_a_folder_that_is_there_keeps_the_mode_it_has(tmp_path):
    tmp_path.chmod(0o711)
    make_private(tmp_path / "runs")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o711
